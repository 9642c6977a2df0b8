// SPDX-License-Identifier: Apache-2.0
#include "net/acceptor.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/task_group.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

namespace sluice::net {
namespace {

using tcp = asio::ip::tcp;
const Logger log("net");

Result<std::vector<tcp::endpoint>> resolve(asio::io_context& context, const Endpoint& endpoint) {
  if (endpoint.is_any())
    return std::vector{tcp::endpoint(tcp::v6(), endpoint.port),
                       tcp::endpoint(tcp::v4(), endpoint.port)};
  tcp::resolver resolver(context);
  boost::system::error_code error;
  auto found =
      resolver.resolve(endpoint.host, std::to_string(endpoint.port), tcp::resolver::passive, error);
  if (error)
    return fail(Errc::usage, "cannot listen on " + to_text(endpoint) + ": " + error.message());
  std::vector<tcp::endpoint> all;
  for (const auto& entry : found) {
    if (std::ranges::find(all, entry.endpoint()) == all.end()) all.push_back(entry.endpoint());
  }
  return all;
}

template <int name>
using Seconds = asio::detail::socket_option::integer<IPPROTO_TCP, name>;

// A client that vanished without a word is gone after two minutes, and with it the uploads that it held open. The kernel would
// look after two hours. One that only reads nothing is another matter: it answers these probes.
void set_patience(tcp::acceptor& acceptor, boost::system::error_code& error) {
  constexpr int quiet = 60;
  constexpr int probes = 4;
  constexpr int between = 15;
  if (!error) acceptor.set_option(Seconds<TCP_KEEPIDLE>(quiet), error);
  if (!error) acceptor.set_option(Seconds<TCP_KEEPCNT>(probes), error);
  if (!error) acceptor.set_option(Seconds<TCP_KEEPINTVL>(between), error);
}

boost::system::error_code open_one(tcp::acceptor& acceptor, const tcp::endpoint& address,
                                   int backlog) {
  boost::system::error_code error;
  acceptor.open(address.protocol(), error);
  if (error) return error;
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  // Accepted connections inherit these from the listening socket, which saves two calls for each.
  acceptor.set_option(tcp::no_delay(true), error);
  acceptor.set_option(tcp::acceptor::keep_alive(true), error);
  set_patience(acceptor, error);
  if (address.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  acceptor.bind(address, error);
  if (!error) acceptor.listen(backlog, error);
  if (!error) acceptor.non_blocking(true, error);
  return error;
}

}  // namespace

Status Acceptor::listen(const EndpointRange& range, int backlog, std::uint16_t preferred) {
  Endpoint endpoint = range.first;
  if (!range.is_range()) return listen_on(endpoint, backlog);
  if (preferred >= range.first.port && preferred <= range.last) {
    endpoint.port = preferred;
    if (Status done = listen_on(endpoint, backlog); done || done.error().code != Errc::exists)
      return done;
  }
  for (unsigned port = range.first.port; port <= range.last; ++port) {
    endpoint.port = static_cast<std::uint16_t>(port);
    if (Status done = listen_on(endpoint, backlog); done || done.error().code != Errc::exists)
      return done;
  }
  return fail(Errc::usage,
              fmt::format("cannot listen on {}: every port of the range is in use; choose a longer "
                          "range or stop who uses it",
                          to_text(range)));
}

// Errc::exists where the port is in use.
Status Acceptor::listen_on(const Endpoint& endpoint, int backlog) {
  asio::io_context& context = runtime_->first().context();
  SLUICE_TRY(std::vector<tcp::endpoint> wanted, resolve(context, endpoint));
  std::uint16_t port = endpoint.port;
  std::vector<tcp::acceptor> opened;
  for (tcp::endpoint address : wanted) {
    address.port(port);  // all families share the port that the system chose for the first one
    tcp::acceptor acceptor(context);
    boost::system::error_code error = open_one(acceptor, address, backlog);
    bool no_such_family = error == boost::system::errc::address_family_not_supported ||
                          error == boost::system::errc::address_not_available;
    if (no_such_family && wanted.size() > 1) continue;  // a machine without IPv6
    if (error) {
      return fail(
          error == boost::asio::error::address_in_use ? Errc::exists : Errc::usage,
          fmt::format(
              "cannot listen on {}: {}; choose another address with --listen or stop who uses it",
              to_text(endpoint), error.message()));
    }
    port = acceptor.local_endpoint().port();
    opened.push_back(std::move(acceptor));
  }
  if (opened.empty())
    return fail(Errc::usage, "cannot listen on " + to_text(endpoint) + ": no usable address");
  std::ranges::move(opened, std::back_inserter(acceptors_));
  return {};
}

std::vector<tcp::endpoint> Acceptor::addresses() const {
  std::vector<tcp::endpoint> all;
  for (const tcp::acceptor& acceptor : acceptors_) all.push_back(acceptor.local_endpoint());
  return all;
}

void Acceptor::start(Handler handle) {
  handle_ = std::move(handle);
  for (tcp::acceptor& acceptor : acceptors_) {
    spawn_root(acceptor.get_executor(), accept(acceptor), [](std::exception_ptr) {});
  }
}

void Acceptor::close() {
  for (tcp::acceptor& acceptor : acceptors_) {
    boost::system::error_code ignored;
    acceptor.close(ignored);
  }
}

asio::awaitable<void> Acceptor::accept(tcp::acceptor& acceptor) {
  asio::steady_timer pause(acceptor.get_executor());
  const tcp protocol = acceptor.local_endpoint().protocol();
  for (;;) {
    auto [closed] = co_await acceptor.async_wait(tcp::acceptor::wait_read, as_value);
    if (closed) co_return;
    int failure = accept_waiting(acceptor.native_handle(), protocol);
    if (failure == 0) continue;
    // Out of descriptors, mostly: wait for some to be closed instead of spinning.
    log.warn("accept.failed", {{"why", std::generic_category().message(failure)}});
    pause.expires_after(std::chrono::milliseconds(100));
    co_await pause.async_wait(as_value);
  }
}

// Takes every connection that waits, each to its loop; the errno of what went wrong, or 0.
int Acceptor::accept_waiting(int listener, tcp protocol) {
  for (;;) {
    Fd connection(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!connection) {
      bool of_the_peer = errno == ECONNABORTED || errno == EINTR || errno == EPROTO;
      if (of_the_peer) continue;
      return errno == EAGAIN ? 0 : errno;
    }
    Loop& loop = runtime_->next();
    asio::post(loop.context(),
               [this, &loop, protocol, connection = std::move(connection)]() mutable {
                 tcp::socket socket(loop.context());
                 boost::system::error_code error;
                 socket.assign(protocol, connection.get(), error);
                 if (error) return;
                 connection.release();
                 handle_(loop, std::move(socket));
               });
  }
}

}  // namespace sluice::net
