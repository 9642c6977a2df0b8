// SPDX-License-Identifier: Apache-2.0
// Listening sockets: accepts on one loop and deals the connections to all loops in turn, since the
// kernel's own spreading (SO_REUSEPORT) is uneven with few connections.
#pragma once

#include "base/endpoint_range.h"
#include "base/result.h"
#include "net/runtime.h"

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <vector>

namespace sluice::net {

class Acceptor {
 public:
  using Handler = std::function<void(Loop&, asio::ip::tcp::socket)>;

  explicit Acceptor(Runtime& runtime) : runtime_(&runtime) {}

  // Binds every address of the endpoint; "*" is IPv6 and IPv4. Of a range the first port that is free, but `preferred` before
  // all others when it is in it (0: none is). Errors name the address and what to do.
  Status listen(const EndpointRange& range, int backlog, std::uint16_t preferred = 0);

  // The addresses as they are bound: with the port the system chose where 0 was asked for.
  std::vector<asio::ip::tcp::endpoint> addresses() const;

  // Accepts until close(); `handle` is called on the loop that owns the connection.
  void start(Handler handle);
  void close();

 private:
  Status listen_on(const Endpoint& endpoint, int backlog);
  asio::awaitable<void> accept(asio::ip::tcp::acceptor& acceptor);
  int accept_waiting(int listener, asio::ip::tcp protocol);

  Runtime* runtime_;
  Handler handle_;
  std::vector<asio::ip::tcp::acceptor> acceptors_;
};

}  // namespace sluice::net
