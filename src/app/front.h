// SPDX-License-Identifier: Apache-2.0
// The listeners of one xroot service and the sessions that come from them.
#pragma once

#include "app/role.h"
#include "net/acceptor.h"
#include "xroot/server/service.h"

#include <string>
#include <vector>

namespace sluice::app {

class Front {
 public:
  explicit Front(Host& host) : host_(&host), acceptor_(host.runtime) {}

  Status listen(const std::vector<std::string>& addresses, std::uint16_t default_port);
  // `service` outlives the sessions.
  void serve(xroot::server::Service& service);
  void close() { acceptor_.close(); }

  // HOST:PORT under which clients come back: serve.host_name, or the address itself where the service listens on one only,
  // or the name of the machine.
  std::string public_address() const;
  bool is_local() const;
  // " NAME=ADDRESS" for every listener.
  std::string ready(std::string_view name) const;

 private:
  void accept(net::Loop& loop, asio::ip::tcp::socket socket);

  Host* host_;
  net::Acceptor acceptor_;
  xroot::server::Service* service_ = nullptr;
};

// The same hosts with ports of the system's choice.
Result<std::vector<std::string>> with_free_ports(const std::vector<std::string>& addresses);

}  // namespace sluice::app
