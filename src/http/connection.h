// SPDX-License-Identifier: Apache-2.0
// One client of the HTTP server, private to this module. connection.cpp is the only file that sees
// Beast.
#pragma once

#include "base/metrics.h"
#include "http/router.h"
#include "http/server.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace sluice::http {

using tcp = asio::ip::tcp;

// What all connections of a server share; outlives them.
struct Service {
  Router router;
  Limits limits;
  Metrics* metrics;
  bool is_stopping = false;
};

class Connection {
 public:
  virtual ~Connection() = default;
  // Serves requests until the client leaves, errs, or the service stops. No exception but the one
  // of a cancellation.
  virtual asio::awaitable<void> run() = 0;
  // The service is stopping: closes now where no request is running.
  virtual void close_if_idle() = 0;
};

std::unique_ptr<Connection> make_connection(tcp::socket socket, const Service& service);

}  // namespace sluice::http
