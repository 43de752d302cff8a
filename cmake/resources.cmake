# What travels inside the program.
include(cmake/embed.cmake)

file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/migrations/*.sql)
embed(storage migrations ROOTS ${CMAKE_SOURCE_DIR}/migrations FILES ${migrations})

set(templates_folder ${CMAKE_SOURCE_DIR}/src/delivery/templates)
file(GLOB_RECURSE templates CONFIGURE_DEPENDS ${templates_folder}/*)
embed(delivery mail_templates ROOTS ${templates_folder} FILES ${templates})

# The contract's descriptors with their comments, for the documentation.
list(TRANSFORM CONTRACT_PROTOS PREPEND ${CMAKE_SOURCE_DIR}/api/ OUTPUT_VARIABLE contract_files)
set(contract_set ${CMAKE_BINARY_DIR}/generated/contract/contract.binpb)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated/contract)
add_custom_command(
  OUTPUT ${contract_set}
  COMMAND protobuf::protoc -I${CMAKE_SOURCE_DIR}/api --include_imports --include_source_info
          -o ${contract_set} ${contract_files}
  DEPENDS ${contract_files}
  COMMENT "Describing the contract")
embed(contract contract ROOTS ${CMAKE_BINARY_DIR}/generated/contract FILES ${contract_set})

# The pages, and the API reference's renderer as npm has it.
set(renderer_folder ${CMAKE_BINARY_DIR}/generated/pages/swagger-ui)
set(renderer_files swagger-ui.css swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt LICENSE NOTICE)
list(TRANSFORM renderer_files PREPEND ${renderer_folder}/ OUTPUT_VARIABLE renderer)
list(JOIN renderer_files "," renderer_names)
add_custom_command(
  OUTPUT ${renderer}
  COMMAND ${CMAKE_COMMAND} -DPACKAGE=swagger-ui-dist -DFOLDER=${CMAKE_SOURCE_DIR}/web -DINTO=${renderer_folder}
          -DFILES=${renderer_names} -P ${CMAKE_SOURCE_DIR}/cmake/npm_archive.cmake
  COMMAND ${CMAKE_COMMAND} -E touch ${renderer}
  DEPENDS ${CMAKE_SOURCE_DIR}/web/package-lock.json ${CMAKE_SOURCE_DIR}/cmake/npm_archive.cmake
  COMMENT "Fetching the API reference's renderer")
file(GLOB_RECURSE pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/pages/*)
embed(pages pages ROOTS ${CMAKE_SOURCE_DIR}/web/pages ${CMAKE_BINARY_DIR}/generated/pages FILES ${pages} ${renderer})
