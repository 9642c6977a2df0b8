// SPDX-License-Identifier: Apache-2.0
// Settings of the method ztn: what the server tells clients about the tokens it wants.
#pragma once

#include "auth/token/config.h"
#include "base/settings.h"

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::auth {

Status check_ztn_locations(const std::vector<std::string>& locations);

struct ZtnConfig {
  Bytes max_size{4096};
  std::uint32_t flags = 0;
  std::vector<std::string> locations;
  bool force_tls = false;
};

inline constexpr std::tuple ztn_settings{
    setting("auth.ztn.max_size", &ZtnConfig::max_size, Bytes{256}, largest_token, Reload::no,
            "The longest token that clients may show at login; auth.token.max_size must allow it "
            "as well. The protocol itself carries no more than 65534 bytes."),
    setting("auth.ztn.flags", &ZtnConfig::flags, 0U, 0xf00U, Reload::no,
            "What clients are told about auth.ztn.locations: 256 they look there first, 512 last, "
            "768 nowhere else; 2048 they may ask for another token."),
    setting("auth.ztn.locations", &ZtnConfig::locations, Reload::no,
            "Where clients may look for a token beside the usual places: names of environment "
            "variables, or absolute paths of files. Today's XrdCl does not look.",
            &check_ztn_locations),
    setting("auth.ztn.force_tls", &ZtnConfig::force_tls, Reload::no,
            "Where ztn is offered, every client that can gets TLS before it logs in, root:// ones "
            "as well: else these pass ztn by, since no token is shown in clear."),
};

}  // namespace sluice::auth
