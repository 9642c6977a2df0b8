// SPDX-License-Identifier: Apache-2.0
// One client of the HTTP server, private to this module. connection.cpp is the only file that sees
// Beast.
#pragma once

#include "base/metrics.h"
#include "http/router.h"
#include "http/server.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <optional>

namespace sluice::http {

using tcp = asio::ip::tcp;
// TCP, or a Unix socket.
using StreamSocket = asio::generic::stream_protocol::socket;

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

// "192.0.2.1:40000" of an address of TCP; nothing of others.
std::optional<tcp::endpoint> tcp_endpoint(const asio::generic::stream_protocol::endpoint& generic);

std::unique_ptr<Connection> make_connection(StreamSocket socket, const Service& service);

}  // namespace sluice::http
