# Each folder of src/ is a target that links only what it may use. Its *_test.cpp make the program <room>_test, for the
# person who works there, and are part of ostiary_tests, which has them all. TESTS_USE: what only its tests link. ALONE: files
# that can't be compiled together with others.
function(room name)
  cmake_parse_arguments(ROOM "" "" "USES;TESTS_USE;ALONE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(sources)
    list(TRANSFORM ROOM_ALONE PREPEND ${CMAKE_SOURCE_DIR}/src/${name}/)
    list(REMOVE_ITEM sources ${ROOM_ALONE})
    unity_of(sources ${name} ${sources})
    add_library(${name} STATIC ${sources} ${ROOM_ALONE})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${ROOM_USES})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${name} INTERFACE ${ROOM_USES})
  endif()
  if(tests AND OSTIARY_TESTS)
    tests_of(${name} ${name} ${tests})
    target_link_libraries(${name}_test_objects PUBLIC ${ROOM_TESTS_USE})
  endif()
endfunction()

# Where the tests' vectors and documents lie. A header, so that only those who read them depend on the folder's name.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/tests/source_folder.hpp
  CONTENT "#pragma once\n\n#define OSTIARY_SOURCE_DIR \"@CMAKE_SOURCE_DIR@\"\n" @ONLY)

# Makes <name>_test from the sources given, and adds them to ostiary_tests.
function(tests_of name target)
  unity_of(sources ${name}_test ${ARGN})
  add_library(${name}_test_objects OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${name}_test_objects PUBLIC ${target} GTest::gmock_main)
  target_include_directories(${name}_test_objects PRIVATE
                             ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests ${CMAKE_BINARY_DIR}/tests)
  add_executable(${name}_test EXCLUDE_FROM_ALL)
  target_link_libraries(${name}_test PRIVATE ${name}_test_objects)
  set_property(GLOBAL APPEND PROPERTY OSTIARY_TEST_OBJECTS ${name}_test_objects)
endfunction()

# The kernel's <linux/sched/types.h> and the C library's <sched.h> define the same struct.
room(base USES Threads::Threads ALONE scheduling.cpp)
room(crypto USES base OpenSSL::Crypto ${SODIUM_ARCHIVE} crypt Boost::json PkgConfig::OATH)
# So that a hash gets its memory from crypto/hash_memory.cpp.
target_link_options(crypto INTERFACE LINKER:--wrap=mmap,--wrap=munmap)
room(storage USES base crypto Boost::headers PostgreSQL::PostgreSQL SQLite::SQLite3)
room(ports USES base)
room(adapters USES ports storage crypto CURL::libcurl Boost::json maxminddb)
room(vault USES crypto storage Boost::json)
room(audit USES vault ports storage Boost::json)
room(delivery USES vault audit ports storage Boost::json ctemplate)
room(limits USES messages ports ICU::uc ICU::i18n)
room(passwords USES crypto zxcvbn)
room(sessions USES messages passwords limits delivery audit vault ports storage crypto ICU::uc Boost::json)
room(accounts USES sessions)
room(access USES sessions)
room(factors USES accounts PkgConfig::QRENCODE ZLIB::ZLIB)
room(contract USES limits messages base ICU::uc ICU::i18n Boost::json)
room(door USES contract access factors accounts sessions limits audit vault storage ports PkgConfig::PROMETHEUS)
room(http USES ports base Boost::headers OpenSSL::SSL TESTS_USE gateway)
room(gateway USES door http contract Boost::json)
room(grpc USES door contract ports base PkgConfig::GRPC ZLIB::ZLIB TESTS_USE gateway)
room(pages USES gateway door http contract crypto ports ctemplate Boost::json)

# What most files of the upper rooms read first, compiled once for them all.
target_precompile_headers(sessions PRIVATE
  <chrono> <expected> <functional> <map> <memory> <optional> <string> <variant> <vector>
  <boost/pfr.hpp> <ostiary/v1/account.pb.h> <ostiary/v1/auth.pb.h>)
foreach(name accounts access factors door)
  target_precompile_headers(${name} REUSE_FROM sessions)
endforeach()

# The settings. They stand beside main.cpp, and may know all rooms.
set(CONFIG_SOURCES config.cpp config_values.cpp env_file.cpp site.cpp)
list(TRANSFORM CONFIG_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/src/ OUTPUT_VARIABLE sources)
unity_of(sources config ${sources})
add_library(config STATIC ${sources})
target_include_directories(config PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(config PUBLIC adapters limits crypto storage ports base PRIVATE PkgConfig::PSL)
room(cli USES config CLI11::CLI11)
target_compile_definitions(cli PUBLIC OSTIARY_VERSION="${PROJECT_VERSION}")
room(doctor USES config accounts sessions adapters delivery vault storage http CURL::libcurl OpenSSL::SSL)
