// SPDX-License-Identifier: Apache-2.0
// Asks a server again and again whether it answers: clients that are sent to a dead one wait for minutes.
#pragma once

#include "base/endpoint.h"
#include "base/task_group.h"
#include "base/units.h"

#include <memory>
#include <optional>
#include <string>

namespace sluice::xroot::client {

class WatchedServer {
 public:
  WatchedServer() = default;
  WatchedServer(const WatchedServer&) = delete;
  WatchedServer& operator=(const WatchedServer&) = delete;
  virtual ~WatchedServer() = default;

  // Where it is now; nothing: there is nobody to ask at the moment.
  virtual std::optional<Endpoint> address() const = 0;
  virtual void answered(bool it_did) = 0;
};

// Pings it every so often, until it is cancelled. `application` is what the server sees in the login.
asio::awaitable<void> watch_server(std::shared_ptr<WatchedServer> server, Duration every,
                                   std::string application);

}  // namespace sluice::xroot::client
