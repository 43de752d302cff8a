# Puts files into the program. embed(<target> <name> ROOTS <folder>... FILES <path>...) makes "embedded/<name>.hpp", with
# `std::span<const File> ostiary::embedded::<name>()`, and links it to <target>. A file is named by its path below the
# first root that holds it. Files may be made by a custom command of the same folder.
function(embed target name)
  cmake_parse_arguments(EMBED "" "" "ROOTS;FILES" ${ARGN})
  list(SORT EMBED_FILES)
  list(LENGTH EMBED_FILES count)
  set(assembly "")
  set(declarations "")
  set(entries "")
  set(number 0)
  foreach(file ${EMBED_FILES})
    foreach(root ${EMBED_ROOTS})
      cmake_path(IS_PREFIX root ${file} below)
      if(below)
        file(RELATIVE_PATH shown ${root} ${file})
        break()
      endif()
    endforeach()
    set(symbol "ostiary_embedded_${name}_${number}")
    string(APPEND assembly "  .global ${symbol}\n  .global ${symbol}_end\n"
           "${symbol}:\n  .incbin \"${file}\"\n${symbol}_end:\n  .byte 0\n")
    string(APPEND declarations "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
    string(APPEND entries "      File{\"${shown}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
    math(EXPR number "${number} + 1")
  endforeach()

  set(folder ${CMAKE_BINARY_DIR}/generated/embedded)
  file(CONFIGURE OUTPUT ${folder}/file.hpp CONTENT "#pragma once

#include <string_view>

namespace ostiary::embedded {

/// A file that travels inside the program: its path below the folder it came from, and its bytes.
struct File {
  std::string_view name;
  std::string_view content;
};

}  // namespace ostiary::embedded
")
  file(CONFIGURE OUTPUT ${folder}/${name}.hpp @ONLY CONTENT "#pragma once

#include <span>

#include \"embedded/file.hpp\"

namespace ostiary::embedded {

/// In the order of their names.
std::span<const File> @name@();

}  // namespace ostiary::embedded
")
  file(CONFIGURE OUTPUT ${folder}/${name}.cpp @ONLY CONTENT "#include \"embedded/@name@.hpp\"

#include <array>

extern \"C\" {
@declarations@}

namespace ostiary::embedded {

std::span<const File> @name@() {
  static const std::array<File, @count@> files{
@entries@  };
  return files;
}

}  // namespace ostiary::embedded
")
  file(CONFIGURE OUTPUT ${folder}/${name}_files.S @ONLY CONTENT
       "  .section .rodata\n@assembly@  .section .note.GNU-stack, \"\", %progbits\n")
  set_source_files_properties(${folder}/${name}_files.S PROPERTIES OBJECT_DEPENDS "${EMBED_FILES}")

  add_library(embedded_${name} STATIC ${folder}/${name}.cpp ${folder}/${name}_files.S)
  target_include_directories(embedded_${name} PUBLIC ${CMAKE_BINARY_DIR}/generated)
  get_target_property(kind ${target} TYPE)
  if(kind STREQUAL INTERFACE_LIBRARY)
    target_link_libraries(${target} INTERFACE embedded_${name})
  else()
    target_link_libraries(${target} PUBLIC embedded_${name})
  endif()
endfunction()
