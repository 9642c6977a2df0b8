// SPDX-License-Identifier: Apache-2.0
// gsi: X.509 certificates, their proxies and the attributes of virtual organisations; versions 10000 to 10600 of the protocol.
// The messages: buckets.h. Who is believed: trust.h. What clients and servers do with it: docs/wire-notes.md.
#pragma once

#include "auth/gsi/config.h"
#include "auth/gsi/delegated_proxy.h"
#include "auth/method.h"

#include <memory>

namespace sluice::auth {

// The server's side. Errc::authentication in one line: a file that is missing, unreadable, or does not match another.
Result<std::unique_ptr<Method>> make_gsi(GsiConfig config);

// The client's side, with the proxy or certificate that the environment or the URL names.
std::unique_ptr<ClientConversation> begin_gsi(const Server& server);
// The same in the name of somebody who delegated to us.
std::unique_ptr<ClientConversation> begin_gsi(const Server& server,
                                              std::shared_ptr<const DelegatedProxy> proxy);

}  // namespace sluice::auth
