// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include "base/log.h"
#include "base/task_group.h"
#include "http/connection.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>
#include <string_view>

namespace sluice::http {
namespace {

using boost::system::error_code;

const Logger log("http");

Result<std::vector<tcp::endpoint>> addresses_of(const asio::any_io_executor& executor,
                                                const Endpoint& listen) {
  if (listen.is_any())
    return std::vector{tcp::endpoint(tcp::v6(), listen.port),
                       tcp::endpoint(tcp::v4(), listen.port)};
  tcp::resolver resolver(executor);
  error_code error;
  auto found =
      resolver.resolve(listen.host, std::to_string(listen.port), tcp::resolver::passive, error);
  if (error) return fail(Errc::no_server, to_text(listen) + ": " + error.message());
  std::vector<tcp::endpoint> addresses;
  for (const auto& entry : found) addresses.push_back(entry.endpoint());
  return addresses;
}

error_code open_acceptor(tcp::acceptor& acceptor, const tcp::endpoint& address, bool is_any) {
  error_code error;
  acceptor.open(address.protocol(), error);
  if (error) return error;
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  // "*" is one IPv6 socket that takes IPv4 clients too.
  if (!error && address.protocol() == tcp::v6())
    acceptor.set_option(asio::ip::v6_only(!is_any), error);
  if (!error) acceptor.bind(address, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  error_code ignored;
  if (error) acceptor.close(ignored);
  return error;
}

}  // namespace

struct Server::Impl {
  Impl(asio::any_io_executor executor, Endpoint endpoint, std::vector<Route> routes, Limits limits,
       Metrics* metrics)
      : listen(std::move(endpoint)),
        service{Router(std::move(routes)), limits, metrics},
        acceptor(executor),
        all_gone(executor, asio::steady_timer::time_point::max()) {}

  asio::awaitable<void> accept(TaskGroup* group);
  asio::awaitable<void> pause_accepting();
  asio::awaitable<void> serve_client(std::list<std::unique_ptr<Connection>>::iterator connection);
  asio::awaitable<void> stop();

  Endpoint listen;
  Service service;
  tcp::acceptor acceptor;
  asio::steady_timer all_gone;  // cancelled by the last connection that ends
  std::list<std::unique_ptr<Connection>> connections;
};

// One connection with the wall around it: what is wrong with one client stays with it.
asio::awaitable<void> Server::Impl::serve_client(
    std::list<std::unique_ptr<Connection>>::iterator connection) {
  struct Leave {
    Impl* impl;
    std::list<std::unique_ptr<Connection>>::iterator connection;
    ~Leave() {
      impl->connections.erase(connection);
      if (impl->connections.empty()) impl->all_gone.cancel();
    }
  } leave{this, connection};
  try {
    co_await (*connection)->run();
  } catch (const std::exception& error) {
    if (is_cancellation(std::current_exception())) throw;
    log.error("connection.failed", {{"bug", error.what()}});
  }
}

// After a failure such as "too many open files", which is not gone a moment later.
asio::awaitable<void> Server::Impl::pause_accepting() {
  asio::steady_timer timer(acceptor.get_executor(), std::chrono::milliseconds(100));
  co_await timer.async_wait(as_value);
}

asio::awaitable<void> Server::Impl::accept(TaskGroup* group) {
  constexpr std::string_view busy =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(as_value);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      log.warn("accept.failed", {{"reason", error.message()}});
      co_await pause_accepting();
      continue;
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (connections.size() >= service.limits.connections) {
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(busy), ignored);
      continue;
    }
    auto place = connections.insert(connections.end(), make_connection(std::move(socket), service));
    group->spawn(serve_client(place));
  }
}

asio::awaitable<void> Server::Impl::stop() {
  error_code ignored;
  acceptor.close(ignored);
  service.is_stopping = true;
  for (auto place = connections.begin(); place != connections.end();) (*place++)->close_if_idle();
  if (connections.empty()) co_return;
  all_gone.expires_after(service.limits.stop_time);
  co_await all_gone.async_wait(as_value);
}

Server::Server(asio::any_io_executor executor, Endpoint listen, std::vector<Route> routes,
               Limits limits, Metrics* metrics)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(listen), std::move(routes),
                                   limits, metrics)) {}

Server::~Server() = default;

Status Server::listen() {
  SLUICE_TRY(auto addresses, addresses_of(impl_->acceptor.get_executor(), impl_->listen));
  error_code error = asio::error::host_not_found;
  for (const tcp::endpoint& address : addresses) {
    error = open_acceptor(impl_->acceptor, address, impl_->listen.is_any());
    if (!error) return {};
  }
  return fail_errno(error.value(), "cannot listen on " + to_text(impl_->listen));
}

Endpoint Server::local_endpoint() const {
  error_code error;
  tcp::endpoint local = impl_->acceptor.local_endpoint(error);
  if (error) return impl_->listen;
  return {impl_->listen.is_any() ? std::string("*") : local.address().to_string(), local.port()};
}

asio::awaitable<void> Server::serve() {
  Impl* impl = impl_.get();
  co_await with_task_group([impl](TaskGroup& group) -> asio::awaitable<void> {
    co_await impl->accept(&group);
    // Cancelled: the connections hear of it only when stop() has given them their time.
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await impl->stop();
    co_await asio::this_coro::throw_if_cancelled(true);
  });
}

std::size_t Server::connections() const { return impl_->connections.size(); }

}  // namespace sluice::http
