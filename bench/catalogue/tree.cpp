// SPDX-License-Identifier: Apache-2.0
#include "catalogue/tree.h"

#include "catalogue/test/postgres_server.h"

#include <stdexcept>

namespace sluice::bench {
namespace {

using catalogue::sql::Engine;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

void must(Status status) {
  if (!status) throw std::runtime_error(status.error().message());
}

// Rows by one statement, because this is not what is measured.
std::string rows_of(const std::string& select, const std::string& name, int kind,
                    std::size_t count) {
  return "INSERT INTO entry (parent, upload, name, kind, mode, owner_id, group_id, size, modified, "
         "changed, accessed, born, storage_class, checksums, target) "
         "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < " +
         std::to_string(count - 1) + ") SELECT e.id, 0, " + name + ", " + std::to_string(kind) +
         ", 493, 0, 0, 1, 0, 0, 0, 0, '', 'adler32 00000001', '' FROM n JOIN entry e ON " + select;
}

}  // namespace

Tree make_tree(Engine engine, const std::filesystem::path& folder, std::size_t files,
               std::uint32_t connections) {
  Tree tree;
  tree.files = files;
  tree.directories = (files + 999) / 1000;
  tree.url = engine == Engine::sqlite
                 ? "sqlite:" + (folder / (std::to_string(files) + ".db")).string()
                 : catalogue::PostgresServer::instance(true).new_database();
  tree.catalogue = must(catalogue::Catalogue::open({.url = tree.url, .connections = connections}));
  const catalogue::Entry data =
      must(tree.catalogue->names().make_path(catalogue::root_directory, {"vo", "data"}, {}));
  tree.pool = must(tree.catalogue->pools().enter("p", {}, {})).id;
  auto session = must(catalogue::sql::Session::connect(
      must(catalogue::sql::parse_address(tree.url)), Duration{5'000}));
  const std::string id = std::to_string(data.id.number);
  must(session->run_once(rows_of("e.id = " + id, "'d' || n.i", 1, tree.directories)));
  // Else PostgreSQL looks through all directories for each file.
  must(session->run_once("ANALYZE entry"));
  must(session->run_once(rows_of(
      "e.parent = " + id + " AND e.name = 'd' || (n.i % " + std::to_string(tree.directories) + ")",
      "'f' || n.i", 0, files)));
  return tree;
}

}  // namespace sluice::bench
