// SPDX-License-Identifier: Apache-2.0
// Files that lost their name while pools still have their bytes. Pools empty it through Replicas; this is the look at what
// is left. Thread-safe; every call blocks.
#pragma once

#include "catalogue/sql/database.h"
#include "catalogue/types.h"

#include <vector>

namespace sluice::catalogue {

struct TrashedFile {
  FileId file;
  std::uint64_t size = 0;
  std::int64_t owner = 0;
  std::int64_t removed_ns = 0;
  std::uint64_t replicas = 0;  // that still have to be deleted
};

struct TrashTotals {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;  // of files, not of replicas
};

class Trash {
 public:
  explicit Trash(sql::Database& database) : database_(database) {}

  // Files with ids above `after`, at most `limit`; fewer than `limit` is the end.
  Result<std::vector<TrashedFile>> list(FileId after, std::size_t limit);
  Result<TrashTotals> totals();

 private:
  sql::Database& database_;
};

}  // namespace sluice::catalogue
