// SPDX-License-Identifier: Apache-2.0
// A bearer token that was verified: what it says, in our words. The text itself is kept nowhere.
#pragma once

#include "auth/activity.h"

#include <chrono>
#include <string>
#include <vector>

namespace sluice::auth {

// A right on a path and all below it.
struct Scope {
  Activities activities;
  std::string path;  // in normal form, with the prefix of the issuer

  bool operator==(const Scope&) const = default;
};

struct Token {
  std::string issuer;  // the URL in `iss`
  std::string subject;
  std::vector<std::string> groups;  // wlcg.groups
  std::vector<Scope> scopes;        // of storage; empty: the token tells who, not what
  std::string id;                   // jti, for records; may be empty
  std::chrono::system_clock::time_point expires;  // as believed here: the skew of clocks is in it
};

}  // namespace sluice::auth
