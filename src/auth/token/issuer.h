// SPDX-License-Identifier: Apache-2.0
// An issuer of tokens that is trusted here: one line of the settings.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth {

// Which claims a token must have; see claims.h.
enum class TokenProfile : std::uint8_t { any, wlcg, scitokens };

struct TokenIssuer {
  std::string name;
  std::string url;  // without a slash at its end
  std::string prefix = "/";
  std::vector<std::string> audiences;
  TokenProfile profile = TokenProfile::any;
  std::string jwks;  // URL or path of a file; empty: OpenID Connect discovery tells

  bool operator==(const TokenIssuer&) const = default;
};

// `iss` is compared byte by byte, but for one slash at the end: sites and issuers do not agree on it.
std::string_view without_slash(std::string_view url);

// "name=cms url=https://cms.example/ prefix=/cms audience=https://door.example profile=wlcg".
Result<TokenIssuer> parse_issuer(std::string_view line);

// Each line by itself, and no name and no URL twice.
Result<std::vector<TokenIssuer>> parse_issuers(const std::vector<std::string>& lines);
Status check_issuers(const std::vector<std::string>& lines);

}  // namespace sluice::auth
