// SPDX-License-Identifier: Apache-2.0
// The security token a login answer ends with: the authentication methods of a server in the order
// of trial,
// "&P=name[,parameters]" for each. No token at all means: no authentication.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::xroot {

inline constexpr std::size_t max_security_token = 4096;  // XrdCl takes no longer one
inline constexpr std::size_t max_method_name = 7;        // eight bytes with NUL

struct SecurityOffer {
  std::string_view method;      // "gsi", "ztn", "unix", ...
  std::string_view parameters;  // what follows the comma

  bool operator==(const SecurityOffer&) const = default;
};

// Errors: protocol (not of this form), too_long.
Result<std::vector<SecurityOffer>> parse_security_token(std::string_view text);
std::string build_security_token(std::span<const SecurityOffer> offers);

}  // namespace sluice::xroot
