// SPDX-License-Identifier: Apache-2.0
#include "app/front.h"

#include "net/socket.h"
#include "xroot/server/session.h"

#include <algorithm>

namespace sluice::app {

Status Front::listen(const std::vector<std::string>& addresses, std::uint16_t default_port) {
  for (const std::string& address : addresses) {
    SLUICE_TRY(Endpoint endpoint, parse_endpoint(address, default_port));
    SLUICE_CHECK(acceptor_.listen(endpoint, static_cast<int>(host_->config.net.backlog)));
  }
  return {};
}

void Front::serve(xroot::server::Service& service) {
  service_ = &service;
  service.address = public_address();
  service.proxy_protocol = host_->config.net.proxy_protocol;
  acceptor_.start(
      [this](net::Loop& loop, asio::ip::tcp::socket socket) { accept(loop, std::move(socket)); });
}

void Front::accept(net::Loop& loop, asio::ip::tcp::socket socket) {
  bool full = service_->counters.connections.value() >= host_->config.net.max_connections;
  if (full || loop.draining()) return;
  auto session =
      std::make_shared<xroot::server::Session>(*service_, net::Socket(loop, std::move(socket)));
  spawn_root(loop.context(), xroot::server::Session::run(std::move(session)),
             [](std::exception_ptr) { /* run() logs what it catches */ });
}

std::string Front::public_address() const {
  auto address = acceptor_.addresses().front();
  std::string host = host_->config.serve.host_name;
  if (host.empty())
    host = address.address().is_unspecified() ? machine_name() : address.address().to_string();
  return sluice::to_text(Endpoint{host, address.port()});
}

bool Front::is_local() const {
  return std::ranges::all_of(acceptor_.addresses(),
                             [](const auto& at) { return at.address().is_loopback(); });
}

std::string Front::ready(std::string_view name) const {
  std::string out;
  for (const auto& address : acceptor_.addresses())
    out += fmt::format(" {}={}", name, net::to_text(address));
  return out;
}

Result<std::vector<std::string>> with_free_ports(const std::vector<std::string>& addresses) {
  std::vector<std::string> out;
  for (const std::string& address : addresses) {
    SLUICE_TRY(Endpoint endpoint, parse_endpoint(address, std::uint16_t{0}));
    endpoint.port = 0;
    out.push_back(sluice::to_text(endpoint));
  }
  return out;
}

}  // namespace sluice::app
