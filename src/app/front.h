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

  // HOST:PORT or HOST:FIRST-LAST each. `ports` is a file with the ports of an earlier life, which are taken again where they
  // are in a range and free; it need not be there.
  Status listen(const std::vector<std::string>& addresses, std::uint16_t default_port,
                const std::string& ports);
  // Opens certificate and key, still as who started the program: keys often are root's. `table` names the settings.
  Status open_tls(const net::TlsConfig& own, std::string_view table);
  bool has_tls() const { return tls_.rules.available; }
  // "root" or "roots": what clients should ask for.
  std::string_view scheme() const { return tls_.rules.session ? "roots" : "root"; }

  // Writes the ports there, when they were chosen from a range. Blocks.
  Status remember_ports() const;
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
  std::vector<std::uint16_t> chosen_;  // the port of each address
  std::string ports_;                  // a file; empty: nothing needs to be remembered
  xroot::server::TlsService tls_;
  xroot::server::Service* service_ = nullptr;
};

// Where a role without a directory of its own remembers its ports.
inline std::string ports_file(const Config& config) {
  return config.serve.data_directory + "/ports";
}

// The same hosts with ports of the system's choice.
Result<std::vector<std::string>> with_free_ports(const std::vector<std::string>& addresses);

}  // namespace sluice::app
