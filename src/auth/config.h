// SPDX-License-Identifier: Apache-2.0
// Settings of how clients say who they are; those of a method are in its folder.
#pragma once

#include "base/settings.h"
#include "base/units.h"

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::auth {

struct AuthConfig {
  std::vector<std::string> methods;
  std::vector<std::string> trusted_hosts;
  std::uint32_t most_failures = 100;
  Duration lock_out{60'000};
};

inline constexpr std::tuple auth_settings{
    setting("auth.methods", &AuthConfig::methods, Reload::no,
            "How clients may say who they are, in the order in which they are asked to try: "
            "\"ztn\", \"gsi\", \"sss\", \"krb5\", \"unix\", \"host\", and \"none\", which lets "
            "in anybody as anonymous. Empty: ztn where auth.token.issuers are set and there is "
            "TLS, gsi where there is a host certificate, then none."),
    setting("auth.trusted_hosts", &AuthConfig::trusted_hosts, Reload::no,
            "Addresses and networks whose clients are believed the name that they give with the "
            "method \"unix\". The names of all others are labels only."),
    setting("auth.most_failures", &AuthConfig::most_failures, 1, 1'000'000, Reload::no,
            "So many logins of one address (of IPv6, one /64) may fail within auth.lock_out "
            "before it is locked out; one that succeeds begins anew."),
    setting("auth.lock_out", &AuthConfig::lock_out, Duration(1'000), Duration(86'400'000),
            Reload::no, "For so long no login is looked at from an address that was locked out."),
};

}  // namespace sluice::auth
