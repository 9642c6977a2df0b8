// SPDX-License-Identifier: Apache-2.0
// A path as clients name it, checked once at the edge: absolute, without "..", control bytes and
// names we keep for ourselves. It is kept relative to the root of the exported tree, ready for the
// *at system calls.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace sluice::disk {

// Elements that start with this are ours (unfinished uploads, undo logs): never listed, never
// reachable by a client.
inline constexpr std::string_view reserved_prefix = ".sluice.";

inline bool is_reserved(std::string_view name) { return name.starts_with(reserved_prefix); }

class LogicalPath {
 public:
  LogicalPath() = default;  // the root

  // `text` is a path without opaque part. Empty elements and "." are dropped. ".." is
  // Errc::not_authorized, a relative path, NUL, newline and other control bytes are
  // Errc::invalid_argument, more than 4096 bytes Errc::too_long, and a reserved name
  // Errc::not_found, as if it did not exist.
  static Result<LogicalPath> parse(std::string_view text);

  bool is_root() const { return relative_.empty(); }
  // "a/b/c"; "." for the root.
  const char* c_str() const { return is_root() ? "." : relative_.c_str(); }
  // "a/b/c"; empty for the root.
  std::string_view relative() const { return relative_; }
  // "a/b"; empty when the parent is the root.
  std::string_view parent() const { return std::string_view(relative_).substr(0, parent_length_); }
  // "c"; must not be asked of the root.
  const char* name() const {
    return relative_.c_str() + parent_length_ + (parent_length_ > 0 ? 1 : 0);
  }
  // "/a/b/c", for people and for answers.
  std::string text() const { return "/" + relative_; }

  friend bool operator==(const LogicalPath&, const LogicalPath&) = default;

 private:
  std::string relative_;
  std::size_t parent_length_ = 0;
};

}  // namespace sluice::disk
