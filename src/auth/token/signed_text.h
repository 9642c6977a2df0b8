// SPDX-License-Identifier: Apache-2.0
// A token as it came: three parts in base64url (compact JWS, RFC 7515), taken apart and not verified.
#pragma once

#include "auth/token/public_key.h"
#include "base/result.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace sluice::auth::jwt {

struct SignedText {
  std::string_view text;       // the caller's
  const Algorithm* algorithm;  // one of those allowed
  std::string key_id;          // empty: not said
  boost::json::object claims;
};

// The algorithm is looked at before anything else is believed. `typ` is ignored, and keys in the header are never used.
Result<SignedText> take_apart(std::string_view token);

}  // namespace sluice::auth::jwt
