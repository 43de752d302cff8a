# The contract's messages, and Google's protos that it stands on: api/ is complete by itself.
file(GLOB_RECURSE CONTRACT_PROTOS CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/api
     ${CMAKE_SOURCE_DIR}/api/ostiary/*.proto)
set(GENERATED ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${GENERATED})
set(CONTRACT_SOURCES)
foreach(proto ${CONTRACT_PROTOS} google/api/annotations.proto google/api/http.proto google/api/httpbody.proto
        google/rpc/status.proto google/rpc/error_details.proto
        grpc/health/v1/health.proto grpc/reflection/v1/reflection.proto grpc/reflection/v1alpha/reflection.proto)
  string(REGEX REPLACE "\\.proto$" "" stem ${proto})
  add_custom_command(
    OUTPUT ${GENERATED}/${stem}.pb.cc ${GENERATED}/${stem}.pb.h
    COMMAND protobuf::protoc -I${CMAKE_SOURCE_DIR}/api --cpp_out=${GENERATED} ${CMAKE_SOURCE_DIR}/api/${proto}
    DEPENDS ${CMAKE_SOURCE_DIR}/api/${proto}
    COMMENT "Contract ${proto}")
  list(APPEND CONTRACT_SOURCES ${GENERATED}/${stem}.pb.cc)
endforeach()

# The files of the contract, for whoever asks for its services: a new .proto is served without being named anywhere. The
# descriptor tables, which protoc names after the files, are mentioned so that the linker takes each of them.
set(includes "")
set(entries "")
foreach(proto ${CONTRACT_PROTOS})
  string(REGEX REPLACE "\\.proto$" ".pb.h" header ${proto})
  string(REPLACE "_" "_5f" table ${proto})
  string(REPLACE "/" "_2f" table ${table})
  string(REPLACE "." "_2e" table ${table})
  string(APPEND includes "#include \"${header}\"\n")
  string(APPEND entries "      {\"${proto}\", &::descriptor_table_${table}},\n")
endforeach()
configure_file(${CMAKE_SOURCE_DIR}/cmake/contract_files.hpp.in ${GENERATED}/ostiary/contract_files.hpp COPYONLY)
configure_file(${CMAKE_SOURCE_DIR}/cmake/contract_files.cpp.in ${GENERATED}/ostiary/contract_files.cpp @ONLY)

add_library(messages STATIC ${CONTRACT_SOURCES} ${GENERATED}/ostiary/contract_files.cpp)
target_include_directories(messages SYSTEM PUBLIC ${GENERATED})
target_link_libraries(messages PUBLIC protobuf::libprotobuf)
target_compile_options(messages PRIVATE -w)
