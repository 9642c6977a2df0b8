// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server for operators and programs: keep-alive, HEAD, problem+json errors, a limit on
// everything a client can make large or slow. Lives on one executor that runs on one thread;
// handlers run there and must not block.
#pragma once

#include "base/endpoint.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/units.h"
#include "http/router.h"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace sluice::http {

struct Limits {
  std::size_t header = 16 << 10;  // bytes of the request line and all headers
  std::size_t connections = 512;  // more are answered 503 and closed
  Duration header_time =
      std::chrono::seconds(10);  // from the first byte of a request to the end of its headers
  Duration idle_time =
      std::chrono::seconds(60);  // between requests; also for a whole body and a whole response
  Duration stop_time = std::chrono::seconds(5);  // for running requests when the server stops
};

class Server {
 public:
  // With `metrics` every route gets a latency histogram and a counter per status.
  Server(asio::any_io_executor executor, Endpoint listen, std::vector<Route> routes,
         Limits limits = {}, Metrics* metrics = nullptr);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // Binds and listens. A name is looked up here, which blocks: call it at start-up.
  Status listen();

  // Where it listens; the port is the one that the system chose when 0 was asked for.
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
