// SPDX-License-Identifier: Apache-2.0
#include "auth/token/bearer.h"

#include "auth/token/config.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace sluice::auth {
namespace {

// By its byte: every request on a path may bring a token of several hundred.
constexpr std::array<bool, 256> is_of_token = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-._~+/="))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

}  // namespace

std::optional<std::string_view> bearer_of(std::string_view value) {
  constexpr std::string_view scheme = "bearer";
  constexpr std::array<std::string_view, 3> spaces{" ", "+", "%20"};
  if (equal_ignoring_case(value.substr(0, scheme.size()), scheme)) {
    std::string_view rest = value.substr(scheme.size());
    for (bool again = true; again;) {
      again = false;
      for (std::string_view space : spaces) {
        if (!rest.starts_with(space)) continue;
        rest.remove_prefix(space.size());
        again = true;
      }
    }
    if (rest.size() + scheme.size() == value.size()) return std::nullopt;  // a token without dots
    value = rest;
  }
  if (value.empty() || value == "-" || value.size() > largest_token.count ||
      !std::ranges::all_of(value,
                           [](char c) { return is_of_token[static_cast<unsigned char>(c)]; })) {
    return std::nullopt;
  }
  return value;
}

}  // namespace sluice::auth
