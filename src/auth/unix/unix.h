// SPDX-License-Identifier: Apache-2.0
// The method "unix": the client says what it is called on its own machine. Proves nothing, unless the machine is trusted.
// Credential: "unix" NUL user [blank group] NUL.
#pragma once

#include "auth/method.h"
#include "net/network.h"

namespace sluice::auth {

struct UnixName {
  std::string user;  // only letters, digits and ._-@
  std::string group;
};
// Errc::authentication: there is no name in it.
Result<UnixName> unix_name_of(ByteView credential);

// The names given by clients in `trusted` are believed.
std::unique_ptr<Method> make_unix(std::vector<net::Network> trusted);
std::unique_ptr<ClientConversation> begin_unix(const Server& server);

}  // namespace sluice::auth
