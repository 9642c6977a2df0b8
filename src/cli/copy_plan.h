// SPDX-License-Identifier: Apache-2.0
// Decides what a copy does before anything is touched: which file goes where, which directories
// must be made. Pure: callers have looked at sources and target already. The rules are those of
// cp(1):
//   - a target that is a directory takes the sources under their own names;
//   - one source and a target that is no directory: the target is the copy;
//   - several sources, or a target that ends in "/", need a directory; make_path makes it;
//   - a directory needs `recursive`; where the target is missing it becomes the copy, else the copy
//   goes into it;
//   - a source without a name ("/", ".", "..") puts what is in it straight into the target.
#pragma once

#include "base/result.h"
#include "cli/place.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::cli {

struct TreeEntry {
  std::string relative;  // to the source, "sub/f"
  bool is_directory = false;
  std::uint64_t size = 0;
};

struct CopySource {
  Place place;
  bool is_directory = false;
  std::optional<std::uint64_t> size{};  // unknown for standard input
  std::vector<TreeEntry> tree{};        // of a directory: everything in it, parents before children
};

struct CopyTarget {
  Place place;
  bool exists = false;
  bool is_directory = false;
};

struct FileJob {
  Place source;
  Place target;
  std::optional<std::uint64_t> size;
};

struct CopyPlan {
  std::vector<Place> directories;  // parents before children
  std::vector<FileJob> files;
  std::vector<std::pair<Place, Error>>
      refused;  // sources that cannot be copied while the others are
};

struct CopyRules {
  bool recursive = false;
  bool make_path = false;
};

// An Error means that the command as a whole makes no sense.
Result<CopyPlan> plan_copy(const std::vector<CopySource>& sources, const CopyTarget& target,
                           CopyRules rules);

}  // namespace sluice::cli
