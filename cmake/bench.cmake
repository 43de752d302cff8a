# What the program costs, beside bare counterparts: bench/run builds and starts it.
find_package(fmt REQUIRED)
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*.cpp)
add_executable(ostiary_bench EXCLUDE_FROM_ALL ${sources})
target_link_libraries(ostiary_bench PRIVATE sessions delivery audit vault storage crypto
                      PkgConfig::GRPC Boost::headers CLI11::CLI11 fmt::fmt)
target_include_directories(ostiary_bench PRIVATE ${CMAKE_SOURCE_DIR}/tests)
