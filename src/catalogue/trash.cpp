// SPDX-License-Identifier: Apache-2.0
#include "catalogue/trash.h"

#include <algorithm>

namespace sluice::catalogue {
namespace {

constexpr sql::Query page{
    "SELECT file, size, owner_id, removed, "
    "(SELECT COUNT(*) FROM replica r WHERE r.file = t.file) "
    "FROM trash t WHERE file > :after ORDER BY file LIMIT :count",
    "ii", "iiiii"};
constexpr sql::Query sums{"SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM trash", "",
                          "ii"};

}  // namespace

Result<std::vector<TrashedFile>> Trash::list(FileId after, std::size_t limit) {
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, max_page));
  return database_.read([&](sql::Session& session) -> Result<std::vector<TrashedFile>> {
    std::vector<TrashedFile> out;
    SLUICE_TRY([[maybe_unused]] auto rows,
               session.run(page, {after.number, count}, [&](const sql::Row& row) {
                 out.push_back({{row.integer(0)},
                                static_cast<std::uint64_t>(row.integer(1)),
                                row.integer(2),
                                row.integer(3),
                                static_cast<std::uint64_t>(row.integer(4))});
               }));
    return out;
  });
}

Result<TrashTotals> Trash::totals() {
  return database_.read([&](sql::Session& session) -> Result<TrashTotals> {
    TrashTotals totals;
    SLUICE_TRY([[maybe_unused]] auto rows, session.run(sums, {}, [&](const sql::Row& row) {
      totals = {static_cast<std::uint64_t>(row.integer(0)),
                static_cast<std::uint64_t>(row.integer(1))};
    }));
    return totals;
  });
}

}  // namespace sluice::catalogue
