# The contract's messages.
set(GOOGLEAPIS /usr/share/gocode/src/github.com/gogo/googleapis)
file(GLOB CONTRACT_PROTOS CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/api ${CMAKE_SOURCE_DIR}/api/ostiary/*.proto
     ${CMAKE_SOURCE_DIR}/api/ostiary/v1/*.proto)
set(GENERATED ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${GENERATED})
set(CONTRACT_SOURCES)
foreach(proto ${CONTRACT_PROTOS} google/api/annotations.proto google/api/http.proto google/rpc/status.proto
        google/rpc/error_details.proto)
  string(REGEX REPLACE "\\.proto$" "" stem ${proto})
  set(root ${CMAKE_SOURCE_DIR}/api)
  if(proto MATCHES "^google/")
    set(root ${GOOGLEAPIS})
  endif()
  add_custom_command(
    OUTPUT ${GENERATED}/${stem}.pb.cc ${GENERATED}/${stem}.pb.h
    COMMAND protobuf::protoc -I${CMAKE_SOURCE_DIR}/api -I${GOOGLEAPIS} --cpp_out=${GENERATED} ${root}/${proto}
    DEPENDS ${root}/${proto}
    COMMENT "Contract ${proto}")
  list(APPEND CONTRACT_SOURCES ${GENERATED}/${stem}.pb.cc)
endforeach()
add_library(messages STATIC ${CONTRACT_SOURCES})
target_include_directories(messages SYSTEM PUBLIC ${GENERATED})
target_link_libraries(messages PUBLIC protobuf::libprotobuf)
target_compile_options(messages PRIVATE -w)
set_target_properties(messages PROPERTIES UNITY_BUILD OFF)
