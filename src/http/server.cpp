// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include "base/log.h"
#include "base/task_group.h"
#include "http/connection.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
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

using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

error_code open_acceptor(Acceptor& acceptor, const tcp::endpoint& address, bool is_any) {
  error_code error;
  acceptor.open(address.protocol(), error);
  if (error) return error;
  acceptor.set_option(Acceptor::reuse_address(true), error);
  // "*" is one IPv6 socket that takes IPv4 clients too.
  if (!error && address.protocol() == tcp::v6())
    acceptor.set_option(asio::ip::v6_only(!is_any), error);
  if (!error) acceptor.bind(address, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  error_code ignored;
  if (error) acceptor.close(ignored);
  return error;
}

// A socket that nobody listens on any more was left behind by a server that was killed.
bool is_left_behind(const asio::any_io_executor& executor, const std::string& path) {
  asio::local::stream_protocol::socket probe(executor);
  error_code error;
  probe.connect({path}, error);
  return error == asio::error::connection_refused;
}

// For its owner alone.
error_code open_local(Acceptor& acceptor, const std::string& path) {
  error_code error;
  if (is_left_behind(acceptor.get_executor(), path)) ::unlink(path.c_str());
  acceptor.open(asio::local::stream_protocol(), error);
  // Nobody can connect between bind and chmod: it does not listen yet.
  if (!error) acceptor.bind(asio::local::stream_protocol::endpoint(path), error);
  if (!error && ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0)
    error = error_code(errno, boost::system::system_category());
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  return error;
}

}  // namespace

struct Server::Impl {
  Impl(asio::any_io_executor executor, Address address, std::vector<Route> routes, Limits limits,
       Metrics* metrics)
      : listen(std::move(address)),
        service{Router(std::move(routes)), limits, metrics},
        acceptor(executor),
        all_gone(executor, asio::steady_timer::time_point::max()) {}

  asio::awaitable<void> accept(TaskGroup* group);
  asio::awaitable<void> pause_accepting();
  asio::awaitable<void> serve_client(std::list<std::unique_ptr<Connection>>::iterator connection);
  asio::awaitable<void> stop();

  const Address listen;
  Service service;
  Acceptor acceptor;
  bool bound = false;           // the local socket is ours
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

Server::Server(asio::any_io_executor executor, Address listen, std::vector<Route> routes,
               Limits limits, Metrics* metrics)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(listen), std::move(routes),
                                   limits, metrics)) {}

Server::~Server() {
  const auto* local = std::get_if<LocalSocket>(&impl_->listen);
  if (local != nullptr && impl_->bound) ::unlink(local->path.c_str());
}

void Server::add(std::vector<Route> routes) {
  std::vector<Route> all = impl_->service.router.routes();
  std::ranges::move(routes, std::back_inserter(all));
  impl_->service.router = Router(std::move(all));
}

Status Server::listen() {
  error_code error = asio::error::host_not_found;
  if (const auto* local = std::get_if<LocalSocket>(&impl_->listen)) {
    error = open_local(impl_->acceptor, local->path);
    impl_->bound = !error;
    if (!error) return {};
    if (error == asio::error::address_in_use)
      return fail(Errc::exists, "another server listens on " + local->path);
    return fail_errno(error.value(), "cannot listen on " + local->path);
  }
  const Endpoint& endpoint = std::get<Endpoint>(impl_->listen);
  SLUICE_TRY(auto addresses, addresses_of(impl_->acceptor.get_executor(), endpoint));
  for (const tcp::endpoint& address : addresses) {
    error = open_acceptor(impl_->acceptor, address, endpoint.is_any());
    if (!error) return {};
  }
  return fail_errno(error.value(), "cannot listen on " + to_text(endpoint));
}

Endpoint Server::local_endpoint() const {
  const auto* wanted = std::get_if<Endpoint>(&impl_->listen);
  if (wanted == nullptr) return {};
  error_code error;
  auto local = tcp_endpoint(impl_->acceptor.local_endpoint(error));
  if (error || !local) return *wanted;
  return {wanted->is_any() ? std::string("*") : local->address().to_string(), local->port()};
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
