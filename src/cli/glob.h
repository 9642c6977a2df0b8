// SPDX-License-Identifier: Apache-2.0
// Shell patterns over names: *, ?, [a-z], [!a-z]. The same rules for local and remote names; in
// URLs "?" starts the ?cgi and so never gets here. A name that starts with "." is matched only by a
// pattern that does.
#pragma once

#include "cli/place.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

bool has_glob(std::string_view text);

// `pattern` and `name` are single components, without "/". Takes at most pattern * name steps.
bool glob_match(std::string_view pattern, std::string_view name);

// A path cut before its first component with a wildcard: "/a/b*/c" is base "/a", components {"b*",
// "c"}.
struct GlobPath {
  std::string base;  // "" for a relative path that starts with a wildcard
  std::vector<std::string> components;
};
GlobPath split_glob(std::string_view path);

}  // namespace sluice::cli
