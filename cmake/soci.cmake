# SPDX-License-Identifier: Apache-2.0
# SOCI of Debian comes without a package file for CMake: target soci is its core with both engines, and
# sluice_schema(TARGET) compiles the migrations of schema/ into a library.
foreach(part core sqlite3 postgresql)
  find_library(SOCI_${part} soci_${part} REQUIRED)
endforeach()
find_path(SOCI_INCLUDE soci/soci.h REQUIRED)
add_library(soci INTERFACE)
target_include_directories(soci SYSTEM INTERFACE ${SOCI_INCLUDE})
target_link_libraries(soci INTERFACE ${SOCI_core} ${SOCI_sqlite3} ${SOCI_postgresql} PkgConfig::libpq PkgConfig::sqlite3)

function(sluice_schema target)
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed_schema.cmake)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}_schema.cpp)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schema/*.sql)
  add_custom_command(OUTPUT ${output} DEPENDS ${files} ${script}
    COMMAND ${CMAKE_COMMAND} -DSCHEMA=${CMAKE_SOURCE_DIR}/schema -DOUTPUT=${output} -P ${script})
  target_sources(${target} PRIVATE ${output})
endfunction()
