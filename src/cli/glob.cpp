// SPDX-License-Identifier: Apache-2.0
#include "cli/glob.h"

#include "base/text.h"

namespace sluice::cli {
namespace {

// The set at pattern[at] == '[': whether `c` is in it and where it ends; no end means that "[" is
// an ordinary character.
struct SetMatch {
  bool closed = false;
  bool matches = false;
  std::size_t end = 0;
};

SetMatch match_set(std::string_view pattern, std::size_t at, char c) {
  std::size_t i = at + 1;
  bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  auto value = static_cast<unsigned char>(c);
  bool found = false;
  for (bool first = true; i < pattern.size(); first = false) {
    if (pattern[i] == ']' && !first) return {true, found != negated, i + 1};
    auto low = static_cast<unsigned char>(pattern[i]);
    auto high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = static_cast<unsigned char>(pattern[i + 2]);
      i += 2;
    }
    found = found || (low <= value && value <= high);
    ++i;
  }
  return {};
}

// Matches one character of `name` at pattern[at]; returns the place behind it in the pattern, or
// npos.
std::size_t match_one(std::string_view pattern, std::size_t at, char c) {
  if (pattern[at] == '?') return at + 1;
  if (pattern[at] == '[') {
    if (SetMatch set = match_set(pattern, at, c); set.closed) {
      return set.matches ? set.end : std::string_view::npos;
    }
  }
  return pattern[at] == c ? at + 1 : std::string_view::npos;
}

}  // namespace

bool has_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

bool glob_match(std::string_view pattern, std::string_view name) {
  if (name.starts_with('.') && !pattern.starts_with('.')) return false;
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;  // behind the last "*", where a mismatch goes back to
  std::size_t star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_name = n;
      continue;
    }
    std::size_t next = p < pattern.size() ? match_one(pattern, p, name[n]) : std::string_view::npos;
    if (next != std::string_view::npos) {
      p = next;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

GlobPath split_glob(std::string_view path) {
  GlobPath result;
  bool absolute = path.starts_with('/');
  std::string base;
  for (std::string_view part : split(path, '/')) {
    if (part.empty()) continue;
    if (result.components.empty() && !has_glob(part)) {
      base.append("/").append(part);
    } else {
      result.components.emplace_back(part);
    }
  }
  if (base.empty()) {
    result.base = absolute ? "/" : "";
  } else {
    result.base = absolute ? base : base.substr(1);
  }
  return result;
}

}  // namespace sluice::cli
