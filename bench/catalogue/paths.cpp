// SPDX-License-Identifier: Apache-2.0
#include "catalogue/paths.h"

#include "catalogue/walk.h"

namespace sluice::bench {
namespace {

using namespace catalogue;

// For paths of four names, as the tree has them.
constexpr sql::Query recursive{
    "WITH RECURSIVE names (depth, name) AS (SELECT 1, CAST(:a AS TEXT) UNION ALL SELECT 2, CAST(:b "
    "AS TEXT) "
    "UNION ALL SELECT 3, CAST(:c AS TEXT) UNION ALL SELECT 4, CAST(:d AS TEXT)), "
    "walk (depth, id) AS (SELECT 0, CAST(1 AS BIGINT) UNION ALL SELECT w.depth + 1, e.id FROM walk "
    "w "
    "JOIN names n ON n.depth = w.depth + 1 JOIN entry e ON e.parent = w.id AND e.upload = 0 AND "
    "e.name = n.name) "
    "SELECT w.depth, e.id, e.kind, e.mode, e.owner_id, e.group_id, e.size, e.checksums "
    "FROM walk w JOIN entry e ON e.id = w.id ORDER BY w.depth",
    "tttt", "iiiiiiit"};
constexpr sql::Query child{
    "SELECT id, kind, mode, owner_id, group_id, size, checksums FROM entry "
    "WHERE parent = :parent AND upload = 0 AND name = :name",
    "it", "iiiiiit"};

Result<std::int64_t> by_recursion(sql::Session& session, const std::vector<std::string>& names) {
  std::int64_t id = 0;
  SLUICE_TRY(
      [[maybe_unused]] auto rows,
      session.run(recursive, {names[0], names[1], names[2], names[3]},
                  [&](const sql::Row& row) { id = row.integer(0) == 4 ? row.integer(1) : 0; }));
  return id;
}

Result<std::int64_t> by_name(sql::Session& session, const std::vector<std::string>& names) {
  std::int64_t id = 1;
  for (const std::string& name : names) {
    const std::int64_t parent = std::exchange(id, 0);
    SLUICE_TRY([[maybe_unused]] auto rows,
               session.run(child, {parent, std::string_view(name)},
                           [&](const sql::Row& row) { id = row.integer(0); }));
  }
  return id;
}

Result<std::int64_t> by_joins(sql::Session& session, const std::vector<std::string>& names) {
  SLUICE_TRY(const Walk found, walk(session, names, LastLink::followed));
  return found.entry ? found.entry->id.number : 0;
}

}  // namespace

std::int64_t find_id(sql::Database& database, const std::vector<std::string>& names, Way way) {
  auto id = database.read([&](sql::Session& session) {
    if (way == Way::joins) return by_joins(session, names);
    return way == Way::recursion ? by_recursion(session, names) : by_name(session, names);
  });
  return id.value_or(0);
}

}  // namespace sluice::bench
