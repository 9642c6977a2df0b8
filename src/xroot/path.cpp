// SPDX-License-Identifier: Apache-2.0
// Rules of xroot protocol 5.2 on paths, and the refusal of every byte that would break a log line
// or a listing.
#include "xroot/path.h"

#include "xroot/protocol.h"

#include <algorithm>

namespace sluice::xroot {
namespace {

bool is_control(char c) { return (static_cast<unsigned char>(c) < ' ') | (c == 0x7f); }

// Whether `is` any of them. Looks to the end, which good texts need anyway: so it takes many bytes at a time, and the CGI may
// have a token of 1 KB in it.
template <class Predicate>
bool has(std::string_view text, Predicate is) {
  bool found = false;
  for (char c : text) found |= is(c);
  return found;
}

}  // namespace

Result<LogicalPath> parse_path(std::string_view wire) {
  const std::size_t mark = std::min(wire.find('?'), wire.size());
  const std::string_view raw = wire.substr(0, mark);
  LogicalPath out;
  out.opaque = wire.substr(std::min(mark + 1, wire.size()));

  if (raw.empty()) return fail(Errc::missing_argument, "path is empty");
  if (raw.size() > max_path)
    return fail(Errc::too_long, "path is longer than " + std::to_string(max_path) + " bytes");
  if (out.opaque.size() > max_opaque) {
    return fail(Errc::too_long,
                "CGI of the path is longer than " + std::to_string(max_opaque) + " bytes");
  }
  if (has(raw, is_control)) return fail(Errc::invalid_argument, "path has control characters");
  // TAB is what separates the pairs of tpc.scgi.
  if (has(out.opaque, [](char c) { return is_control(c) & (c != '\t'); })) {
    return fail(Errc::invalid_argument, "CGI of the path has control characters");
  }
  if (!raw.starts_with('/'))
    return fail(Errc::invalid_argument, "path is not absolute: " + std::string(raw));

  out.path.reserve(raw.size());
  for (std::string_view rest = raw; !rest.empty();) {
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    const std::string_view name = rest.substr(0, rest.find('/'));
    rest.remove_prefix(name.size());
    if (name.empty() || name == ".") continue;
    if (name == "..") return fail(Errc::not_authorized, "path has a \"..\" in it");
    out.path += '/';
    out.path += name;
  }
  if (out.path.empty()) out.path = "/";
  return out;
}

std::string_view parent_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return "/";
  return path.substr(0, slash);
}

std::string_view last_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace sluice::xroot
