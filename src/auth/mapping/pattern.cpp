// SPDX-License-Identifier: Apache-2.0
#include "auth/mapping/pattern.h"

#include "base/text.h"

#include <array>
#include <utility>

namespace sluice::auth {

bool matches_pattern(std::string_view text, std::string_view pattern) {
  std::size_t at = 0, in = 0;                           // of text, of pattern
  std::size_t star = std::string_view::npos, held = 0;  // the last * and where it began to hold
  while (at < text.size()) {
    if (in < pattern.size() && pattern[in] == '*') {
      star = in++;
      held = at;
    } else if (in < pattern.size() && pattern[in] == text[at]) {
      ++in;
      ++at;
    } else if (star != std::string_view::npos) {
      in = star + 1;
      at = ++held;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in) == std::string_view::npos;
}

std::string canonical_dn(std::string_view dn) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> names{
      {{"email", "emailAddress"},
       {"e", "emailAddress"},
       {"emailaddress", "emailAddress"},
       {"userid", "UID"}}};
  std::string out;
  for (std::string_view part : split(dn, '/')) {
    if (part.data() != dn.data()) out.push_back('/');
    const std::size_t equals = part.find('=');
    std::string_view key = part.substr(0, equals);
    if (equals != std::string_view::npos) {
      for (const auto& [other, ours] : names)
        if (equal_ignoring_case(key, other)) key = ours;
    }
    out.append(key);
    if (equals != std::string_view::npos) out.append(part.substr(equals));
  }
  return out;
}

std::string canonical_fqan(std::string_view fqan) {
  for (std::string_view nothing : {"/Capability=NULL", "/Role=NULL"})
    if (fqan.ends_with(nothing)) fqan.remove_suffix(nothing.size());
  return std::string(fqan);
}

}  // namespace sluice::auth
