# SPDX-License-Identifier: Apache-2.0
# cmake -DSCHEMA=folder -DOUTPUT=file.cpp -P embed_schema.cmake: the numbered migrations become a table in the program, so
# that a program and its schema can never be of different versions. A gap or a double in the numbers ends the build.
file(GLOB files ${SCHEMA}/*.sql)
list(SORT files)
set(rows "")
set(expected 1)
foreach(path IN LISTS files)
  get_filename_component(name ${path} NAME)
  if(NOT name MATCHES "^0*([1-9][0-9]*)_[a-z0-9_]+\\.sql$" OR NOT CMAKE_MATCH_1 EQUAL expected)
    message(FATAL_ERROR "schema/${name}: expected number ${expected} and a name like 000${expected}_word.sql")
  endif()
  file(READ ${path} text)
  string(APPEND rows "    {${expected}, \"${name}\", R\"schema(${text})schema\"},\n")
  math(EXPR expected "${expected} + 1")
endforeach()
file(WRITE ${OUTPUT} "// SPDX-License-Identifier: Apache-2.0
// Made of schema/*.sql by cmake/embed_schema.cmake.
#include \"catalogue/sql/migrations.h\"

namespace sluice::catalogue::sql {
namespace {
constexpr Migration all[] = {
${rows}};
}  // namespace
std::span<const Migration> embedded_migrations() { return all; }
}  // namespace sluice::catalogue::sql
")
