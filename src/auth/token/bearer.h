// SPDX-License-Identifier: Apache-2.0
// The token in the value of `authz=` in a URL's CGI, of an Authorization header or of a ztn credential.
#pragma once

#include <optional>
#include <string_view>

namespace sluice::auth {

// "Bearer x", "Bearer+x", "Bearer%20x" and "x" itself; the part of `value` that is x. Nothing when there is none ("", "-"), when
// it has characters that no bearer token has (RFC 6750, b64token), or when it is longer than the largest token.
std::optional<std::string_view> bearer_of(std::string_view value);

}  // namespace sluice::auth
