// SPDX-License-Identifier: Apache-2.0
// The claims of a token (RFC 7519, WLCG common JWT profile 1.0, SciTokens 1.0 and 2.0): is it valid now and for us, and what
// does it say. Clients' bytes until the signature was checked.
#pragma once

#include "auth/token/issuer.h"
#include "auth/token/token.h"
#include "base/result.h"
#include "base/units.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <span>
#include <string>

namespace sluice::auth::jwt {

struct ClaimRules {
  std::vector<std::string> audiences;  // beside those of the issuer
  bool any_audience = true;
  bool strict = false;
  Duration clock_skew{60'000};
};

using WallTime = std::chrono::system_clock::time_point;

// `iss` without a slash at its end; may be asked before the signature is checked, and so may the times.
Result<std::string> issuer_in(const boost::json::object& claims);
// `exp`, which must be there; `nbf` and `iat` where they are. The result is `exp`.
Result<WallTime> check_times(const boost::json::object& claims, WallTime now, Duration skew);

// All the rest; the signature was found right and the times as well.
Result<Token> read_claims(const boost::json::object& claims, const TokenIssuer& issuer,
                          const ClaimRules& rules);

}  // namespace sluice::auth::jwt
