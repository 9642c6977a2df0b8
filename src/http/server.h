// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server for operators and programs: keep-alive, HEAD, problem+json errors, a limit on
// everything a client can make large or slow. Lives on one executor that runs on one thread;
// handlers run there and must not block.
#pragma once

#include "base/endpoint.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/config.h"
#include "http/router.h"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace sluice::http {

// A Unix socket that belongs to its owner alone.
struct LocalSocket {
  std::string path;
};
using Address = std::variant<Endpoint, LocalSocket>;

class Server {
 public:
  // With `metrics` every route gets a latency histogram and a counter per status.
  Server(asio::any_io_executor executor, Address listen, std::vector<Route> routes,
         Limits limits = {}, Metrics* metrics = nullptr);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // More routes, before serve().
  void add(std::vector<Route> routes);

  // Binds and listens; Errc::exists when somebody else listens on that local socket. A name is looked up here, which blocks: call it at start-up.
  Status listen();

  // Where it listens; the port is the one that the system chose when 0 was asked for. Empty of a local socket.
  Endpoint local_endpoint() const;

  // Accepts and serves until it is cancelled. Then it accepts no more, closes idle connections,
  // lets running requests end within Limits::stop_time, and returns.
  asio::awaitable<void> serve();

  // Open connections, for tests and metrics.
  std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::http
