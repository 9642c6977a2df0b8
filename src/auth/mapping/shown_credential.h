// SPDX-License-Identifier: Apache-2.0
// What a certificate or a token says about its owner, for `sluice auth explain` alone: nothing is verified here.
#pragma once

#include "auth/identity.h"
#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth {

// Subject of the first certificate of PEM text that is no proxy, "/DC=org/CN=Jane".
Result<std::string> subject_of_certificate(std::string_view pem);

struct ShownToken {
  Identity identity;
  std::vector<std::string> scopes;  // as they stand in it
  bool is_expired = false;
};

// The claims of a JSON web token.
Result<ShownToken> claims_of_token(std::string_view token);

}  // namespace sluice::auth
