// SPDX-License-Identifier: Apache-2.0
// Settings of the method krb5: Kerberos tickets for this service.
#pragma once

#include "base/settings.h"

#include <string>
#include <tuple>

namespace sluice::auth {

struct Krb5Config {
  std::string keytab = {};
  std::string principal = "host/<host>";
  bool check_address = true;
  bool local_names = false;
  std::string forwarded_tickets = {};
};

inline constexpr std::tuple krb5_settings{
    setting("auth.krb5.keytab", &Krb5Config::keytab, Reload::no,
            "File with the keys of the service, as kadmin's ktadd writes it. Empty: what Kerberos "
            "is told by KRB5_KTNAME or krb5.conf."),
    setting("auth.krb5.principal", &Krb5Config::principal, Reload::no,
            "The service that clients ask tickets for; <host> stands for the name of this machine. "
            "Without @REALM it is of the default realm."),
    setting("auth.krb5.check_address", &Krb5Config::check_address, Reload::no,
            "Refuse tickets that name addresses which the client does not come from. Tickets "
            "without addresses, which is what kinit asks for unless told otherwise, are not "
            "concerned."),
    setting("auth.krb5.local_names", &Krb5Config::local_names, Reload::no,
            "Let Kerberos turn principals into account names (auth_to_local of krb5.conf); "
            "principals that it has no name for keep their own."),
    setting(
        "auth.krb5.forwarded_tickets", &Krb5Config::forwarded_tickets, Reload::no,
        "Ask clients to forward their ticket and store it in this file, where <user> stands for "
        "their principal: \"/run/sluice/krb5cc_<user>\". Empty: clients are not asked."),
};

}  // namespace sluice::auth
