// SPDX-License-Identifier: Apache-2.0
// From the settings of TLS to what services and clients of this process use, and how that follows its files.
#pragma once

#include "app/role.h"
#include "net/tls_config.h"
#include "xroot/client/api.h"
#include "xroot/server/tls_rules.h"

#include <string_view>
#include <vector>

namespace sluice::app {

// What is not set in `own` is that of `general`; `table` names the settings in errors: "tls", "pool.tls". Blocks.
Result<xroot::server::TlsService> open_tls(const net::TlsConfig& own, const net::TlsConfig& general,
                                           const net::TlsCommonConfig& common,
                                           std::string_view table);

// Takes new certificates over; what is wrong with them goes to the log, and the old ones stay. Blocks.
void reload_tls(const std::vector<xroot::server::Service*>& services);

// Does so every tls.refresh, until it is cancelled.
asio::awaitable<void> follow_certificates(Host* host,
                                          std::vector<xroot::server::Service*> services);

// For what this process asks of other servers.
xroot::client::TlsUpgrade tls_to_others(const net::TlsCommonConfig& common);

}  // namespace sluice::app
