// SPDX-License-Identifier: Apache-2.0
// What a client proved, in the words of the method it used. Who that is here decides the mapping (principal.h).
#pragma once

#include "auth/token/token.h"

#include <memory>
#include <string>
#include <vector>

namespace sluice::auth {

class DelegatedProxy;

struct Identity {
  std::string method;  // "gsi", "ztn" ...; empty: no method was asked for
  std::string
      name;  // gsi: subject of the end entity, "/DC=org/CN=Jane"; ztn: `sub`; krb5: principal; sss, unix: user; host: its name
  bool is_proven = false;           // unix and host only claim
  std::vector<std::string> groups;  // sss, unix: group; ztn: wlcg.groups
  std::vector<std::string> fqans;  // gsi: VOMS attributes that were verified, the primary one first
  std::string vo;                  // of fqans
  std::shared_ptr<const Token> token;               // ztn
  std::shared_ptr<const DelegatedProxy> delegated;  // gsi: a proxy that the client signed for us
};

}  // namespace sluice::auth
