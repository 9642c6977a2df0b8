// SPDX-License-Identifier: Apache-2.0
// The walk along a path: one statement finds every entry on the way, so that the caller can check the rights of all of them.
// A link in the middle costs one more statement.
#pragma once

#include "catalogue/replicas.h"
#include "catalogue/sql/session.h"
#include "catalogue/types.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::catalogue {

// Whether a link at the end of a path stands for itself or for what it names. Links in the middle are always followed.
enum class LastLink : bool { itself, followed };

// A directory that was passed.
struct Passed {
  FileId id;
  std::uint32_t mode = 0;
  std::int64_t owner = 0;
  std::int64_t group = 0;
  SharedAcl acl = {};
};
Passed passed_of(const Entry& directory);

struct Walk {
  // Every directory in which a name was looked up, in order. The last one is where the entry is, or where the first missing
  // name could be made. Empty for the root itself.
  std::vector<Passed> passed;
  std::optional<Entry> entry;
  std::vector<std::string>
      missing;  // what comes after the last directory; empty when the entry is there
  // One look at the database brought all of it, no link was followed, and nobody uploads something in the place of the entry.
  bool may_be_kept = false;
};

// What a door needs to know to open a path.
struct Located {
  Walk walk;
  std::vector<Replica> replicas;  // all of the file, in whatever state, by pool
};

// "/a/b" -> {"a", "b"}; empty elements are dropped. Errors as check_name(), too_long for the whole.
Result<std::vector<std::string>> names_of_path(std::string_view path);

// Errors: not_file when something else than a directory is in the way; invalid_argument for a circle of links. A missing
// name is no error.
Result<Walk> walk(sql::Session& session, std::vector<std::string> names, LastLink last);
// The same with the replicas, and no more statements.
Result<Located> locate(sql::Session& session, std::vector<std::string> names, LastLink last);

}  // namespace sluice::catalogue
