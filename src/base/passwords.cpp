// SPDX-License-Identifier: Apache-2.0
#include "base/passwords.h"

#include <algorithm>
#include <string_view>

namespace sluice {

std::string without_passwords(std::string text) {
  constexpr std::string_view hidden = "...";
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
    const std::size_t end = text.find_first_of("/?#\" ", at + 3);
    const std::size_t host = text.substr(0, end).rfind('@');
    const std::size_t colon = text.find(':', at + 3);
    if (host == std::string::npos || host < at || colon > host) continue;
    text.replace(colon + 1, host - colon - 1, hidden);
  }
  constexpr std::string_view key = "password=";
  for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
    const std::size_t from = at + key.size();
    const std::size_t end = std::min(text.find_first_of("&\" ", from), text.size());
    text.replace(from, end - from, hidden);
  }
  return text;
}

}  // namespace sluice
