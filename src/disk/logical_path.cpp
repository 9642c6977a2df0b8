// SPDX-License-Identifier: Apache-2.0
#include "disk/logical_path.h"

#include <algorithm>

namespace sluice::disk {
namespace {

constexpr std::size_t max_length = 4096;  // PATH_MAX, and the limit of the protocol library
constexpr std::size_t max_element = 255;  // NAME_MAX of every file system we know

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

Status check_element(std::string_view element) {
  if (element == "..") return fail(Errc::not_authorized, "a path may not contain \"..\"");
  if (element.size() > max_element)
    return fail(Errc::too_long, "a name in the path is longer than 255 bytes");
  if (is_reserved(element))
    return fail(Errc::not_found, "names that begin with .sluice. are reserved");
  return {};
}

}  // namespace

Result<LogicalPath> LogicalPath::parse(std::string_view text) {
  if (text.empty()) return fail(Errc::missing_argument, "path is empty");
  if (text.front() != '/') return fail(Errc::invalid_argument, "a path must begin with /");
  if (text.size() >= max_length) return fail(Errc::too_long, "path is longer than 4095 bytes");
  if (std::ranges::any_of(text, is_control)) {
    return fail(Errc::invalid_argument, "path contains control characters");
  }
  LogicalPath path;
  path.relative_.reserve(text.size());
  while (!text.empty()) {
    std::string_view element = text.substr(0, text.find('/'));
    text.remove_prefix(std::min(text.size(), element.size() + 1));
    if (element.empty() || element == ".") continue;
    SLUICE_CHECK(check_element(element));
    if (!path.relative_.empty()) {
      path.parent_length_ = path.relative_.size();
      path.relative_ += '/';
    }
    path.relative_ += element;
  }
  return path;
}

}  // namespace sluice::disk
