// SPDX-License-Identifier: Apache-2.0
// The one way in which a path from the wire becomes a path: absolute, without "//", "/./" and a '/'
// at the end, never with "..", and apart from its CGI. What the server's storage sees has been
// through here.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace sluice::xroot {

struct LogicalPath {
  std::string path;         // "/" or "/a/b"
  std::string_view opaque;  // what came after the first '?'; a view into the argument

  bool operator==(const LogicalPath&) const = default;
};

// Errors: missing_argument (empty), invalid_argument (relative; NUL or control bytes),
// not_authorized (".."), too_long (more than max_path or max_opaque bytes).
Result<LogicalPath> parse_path(std::string_view wire);

// "/a/b" -> "/a", "/a" -> "/"; the path must be normal.
std::string_view parent_path(std::string_view path);
// "/a/b" -> "b", "/" -> "".
std::string_view last_name(std::string_view path);

}  // namespace sluice::xroot
