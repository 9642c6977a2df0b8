// SPDX-License-Identifier: Apache-2.0
// TLS for connections of the client: what ClientOptions::tls is set to.
#pragma once

#include "net/tls_context.h"
#include "xroot/client/api.h"

namespace sluice::xroot::client {

// Trusts whom `trust` trusts. Its errors name the server: Errc::authentication says that the certificate is not accepted
// and why. The limit in time is the caller's.
TlsUpgrade tls_upgrade(std::shared_ptr<net::ClientTls> trust);

}  // namespace sluice::xroot::client
