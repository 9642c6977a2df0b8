// SPDX-License-Identifier: Apache-2.0
#include "auth/token/bearer.h"

#include "auth/token/config.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace sluice::auth {
namespace {

bool is_of_token(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

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
      !std::ranges::all_of(value, is_of_token)) {
    return std::nullopt;
  }
  return value;
}

}  // namespace sluice::auth
