// SPDX-License-Identifier: Apache-2.0
// CGI texts are short (16 KiB at most), so searches walk them instead of building a table.
#include "xroot/opaque.h"

#include <algorithm>

namespace sluice::xroot {

Opaque::Iterator& Opaque::Iterator::operator++() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of('&'), rest_.size()));
  const std::string_view text = rest_.substr(0, rest_.find('&'));
  rest_.remove_prefix(text.size());
  const std::size_t equals = text.find('=');
  pair_ = {text.substr(0, equals),
           equals == std::string_view::npos ? std::string_view{} : text.substr(equals + 1), text};
  return *this;
}

std::optional<std::string_view> Opaque::get(std::string_view key) const {
  std::optional<std::string_view> found;
  for (const Pair& pair : *this) {
    if (pair.key == key) found = pair.value;
  }
  return found;
}

std::string Opaque::merged(const Opaque& changes) const {
  std::string out = without([&](std::string_view key) { return changes.get(key).has_value(); });
  for (const Pair& pair : changes) append(out, pair.text);
  return out;
}

void Opaque::append(std::string& out, std::string_view pair) {
  if (!out.empty()) out += '&';
  out += pair;
}

void Opaque::append(std::string& out, std::string_view key, std::string_view value) {
  append(out, key);
  out += '=';
  out += value;
}

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~/:").find(c) != std::string_view::npos;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return fail(Errc::invalid_argument, "'%' is not followed by two hex digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    if (is_plain(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace sluice::xroot
