// SPDX-License-Identifier: Apache-2.0
#include "app/front.h"

#include "app/tls.h"
#include "base/units.h"
#include "net/socket.h"
#include "xroot/server/session.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace sluice::app {

namespace {

// One for each address in its order; 0 where nothing is known.
std::vector<std::uint16_t> read_ports(const std::string& file) {
  constexpr std::size_t most = 64;
  std::vector<std::uint16_t> ports;
  std::ifstream in(file);
  for (std::string line; ports.size() < most && std::getline(in, line);)
    ports.push_back(parse_int<std::uint16_t>(line, 0, UINT16_MAX).value_or(0));
  return ports;
}

}  // namespace

Status Front::listen(const std::vector<std::string>& addresses, std::uint16_t default_port,
                     const std::string& ports) {
  const std::vector<std::uint16_t> before = read_ports(ports);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    SLUICE_TRY(EndpointRange range, parse_endpoint_range(addresses[i], default_port));
    if (range.is_range()) ports_ = ports;
    const std::size_t known = acceptor_.addresses().size();
    SLUICE_CHECK(acceptor_.listen(range, static_cast<int>(host_->config.net.backlog),
                                  i < before.size() ? before[i] : std::uint16_t{0}));
    chosen_.push_back(acceptor_.addresses().at(known).port());
  }
  return {};
}

Status Front::open_tls(const net::TlsConfig& own, std::string_view table) {
  const Config& config = host_->config;
  SLUICE_TRY(tls_, app::open_tls(own, config.tls, config.tls_common, table));
  return {};
}

Status Front::remember_ports() const {
  if (ports_.empty()) return {};
  std::string text;
  for (std::uint16_t port : chosen_) text += std::to_string(port) + "\n";
  const std::string fresh = ports_ + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  out << text;
  out.close();
  if (!out || std::rename(fresh.c_str(), ports_.c_str()) != 0) return fail_errno(errno, ports_);
  return {};
}

void Front::serve(xroot::server::Service& service) {
  service_ = &service;
  service.address = public_address();
  service.tls = tls_;
  service.tls.rules.offered = tls_.rules.available && host_->config.auth.ztn.force_tls &&
                              service.gatekeeper->chain().find("ztn") != nullptr;
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
    SLUICE_TRY(EndpointRange range, parse_endpoint_range(address, std::uint16_t{0}));
    range.first.port = 0;
    out.push_back(sluice::to_text(range.first));
  }
  return out;
}

}  // namespace sluice::app
