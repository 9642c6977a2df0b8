// SPDX-License-Identifier: Apache-2.0
// Settings of the method sss: keys that servers and trusted clients share.
#pragma once

#include "base/settings.h"
#include "base/units.h"

#include <string>
#include <tuple>

namespace sluice::auth {

struct SssConfig {
  std::string keytab = "/etc/sluice/sss.keytab";
  std::string client_keytab = {};
  Duration lifetime{13'000};
};

inline constexpr std::tuple sss_settings{
    setting("auth.sss.keytab", &SssConfig::keytab, Reload::no,
            "File with the keys of the method sss, as xrdsssadmin writes it; only its owner may "
            "read it (the group too where the name ends with .grp). It is read again when it "
            "changed."),
    setting("auth.sss.client_keytab", &SssConfig::client_keytab, Reload::no,
            "Where clients that name no keytab of their own look for one, as the server tells "
            "them. Empty: it tells nothing."),
    setting("auth.sss.lifetime", &SssConfig::lifetime, Duration(1'000), Duration(600'000),
            Reload::no,
            "How old a credential of sss may be, which is also how far the clocks of client and "
            "server may differ. For so long each one is remembered: it can be used once."),
};

}  // namespace sluice::auth
