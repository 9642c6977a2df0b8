// SPDX-License-Identifier: Apache-2.0
#include "auth/token/path.h"

#include "base/text.h"

#include <algorithm>
#include <optional>

namespace sluice::auth {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    auto high = hex_digit(text[i + 1]);
    auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out.push_back(static_cast<char>(*high << 4 | *low));
    i += 2;
  }
  return out;
}

Status append_component(std::string& out, std::string_view name) {
  if (name.empty() || name == ".") return {};
  if (name == "..") return fail(Errc::invalid_argument, "a path with \"..\"");
  if (name.find('/') != std::string_view::npos)
    return fail(Errc::invalid_argument, "a path with an encoded slash");
  if (std::ranges::any_of(name, is_control))
    return fail(Errc::invalid_argument, "a path with a control character");
  out.append("/").append(name);
  return {};
}

Status check_beginning(std::string_view path) {
  if (path.size() > max_scope_path)
    return fail(Errc::invalid_argument, "a path of more than 4096 bytes");
  if (!path.starts_with('/'))
    return fail(Errc::invalid_argument, "a path that does not begin with \"/\"");
  return {};
}

std::string or_root(std::string path) { return path.empty() ? "/" : path; }

}  // namespace

Result<std::string> normal_path(std::string_view path) {
  SLUICE_CHECK(check_beginning(path));
  std::string out;
  for (std::string_view part : split(path, '/')) SLUICE_CHECK(append_component(out, part));
  return or_root(std::move(out));
}

Result<std::string> normal_encoded_path(std::string_view path) {
  SLUICE_CHECK(check_beginning(path));
  std::string out;
  for (std::string_view part : split(path, '/')) {
    auto name = percent_decoded(part);
    if (!name) return fail(Errc::invalid_argument, "a path with a broken percent sign");
    SLUICE_CHECK(append_component(out, *name));
  }
  return or_root(std::move(out));
}

bool is_normal_path(std::string_view path) {
  if (path == "/") return true;
  if (!path.starts_with('/')) return false;
  do {
    path.remove_prefix(1);
    std::string_view name = path.substr(0, path.find('/'));
    if (name.empty() || name == "." || name == "..") return false;
    path.remove_prefix(name.size());
  } while (!path.empty());
  return true;
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  if (!path.starts_with(directory)) return false;
  return path.size() == directory.size() || path[directory.size()] == '/';
}

std::string join_paths(std::string_view prefix, std::string_view below) {
  if (prefix == "/") return std::string(below);
  if (below == "/") return std::string(prefix);
  return std::string(prefix).append(below);
}

}  // namespace sluice::auth
