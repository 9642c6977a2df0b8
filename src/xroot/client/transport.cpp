// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/transport.h"

#include "base/task_group.h"

#include <boost/asio/ip/address.hpp>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

namespace sluice::xroot::client {
namespace {

constexpr auto attempt_delay = std::chrono::milliseconds(250);  // RFC 8305, section 5

std::string text_of(const tcp::endpoint& endpoint) {
  std::string address = endpoint.address().to_string();
  if (endpoint.address().is_v6()) address = "[" + address + "]";
  return address + ":" + std::to_string(endpoint.port());
}

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(tcp::socket socket) : socket_(std::move(socket)) {
    boost::system::error_code ignored;
    socket_.native_non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    endpoint_ = socket_.remote_endpoint(ignored);
  }

  Result<std::size_t> try_receive(std::span<const iovec> into) override {
    msghdr message = message_of(into);
    for (;;) {
      ssize_t n = ::recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT);
      if (n > 0) return static_cast<std::size_t>(n);
      if (n == 0) return fail(Errc::connection, peer() + " closed the connection");
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return std::size_t{0};
      return lost(errno);
    }
  }

  Result<std::size_t> try_send(std::span<const iovec> bytes) override {
    msghdr message = message_of(bytes);
    for (;;) {
      ssize_t n = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return std::size_t{0};
      return lost(errno);
    }
  }

  Task<void> readable() override {
    auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, as_value);
    if (error) co_return lost(error.value());
    co_return Status{};
  }

  Task<void> writable() override {
    auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, as_value);
    if (error) co_return lost(error.value());
    co_return Status{};
  }

  void close() override {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

  bool is_encrypted() const override { return false; }
  std::string peer() const override { return text_of(endpoint_); }
  tcp::endpoint endpoint() const override { return endpoint_; }
  tcp::endpoint local() const override {
    boost::system::error_code gone;
    return socket_.local_endpoint(gone);
  }

 private:
  static msghdr message_of(std::span<const iovec> pieces) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());  // the system call takes it as input only
    message.msg_iovlen = std::min(pieces.size(), max_pieces);
    return message;
  }

  tl::unexpected<Error> lost(int number) const {
    return fail(Errc::connection, peer() + ": " + std::generic_category().message(number));
  }

  tcp::socket socket_;
  tcp::endpoint endpoint_;
};

// The race of RFC 8305: who connects first is the winner, the others are given up.
struct Race {
  std::vector<tcp::endpoint> addresses;
  std::optional<tcp::socket> winner;
  std::string failures;  // "[::1]:1094: Connection refused, ..."
  std::size_t failed = 0;
  asio::steady_timer next;  // start of the next attempt; a failure brings it forward
};

asio::awaitable<void> attempt(Race* race, TaskGroup* group, std::size_t index) {
  auto executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  auto [error] = co_await socket.async_connect(race->addresses[index], as_value);
  if (race->winner) co_return;
  if (!error) {
    race->winner = std::move(socket);
    group->cancel();
    co_return;
  }
  if (!race->failures.empty()) race->failures += ", ";
  race->failures += text_of(race->addresses[index]) + ": " + error.message();
  ++race->failed;
  race->next.cancel();
}

asio::awaitable<void> start_attempts(Race* race, TaskGroup* group) {
  for (std::size_t i = 0; i < race->addresses.size(); ++i) {
    group->spawn(attempt(race, group, i));
    if (i + 1 == race->addresses.size()) break;
    race->next.expires_after(attempt_delay);
    co_await race->next.async_wait(as_value);
    auto state = co_await asio::this_coro::cancellation_state;
    if (race->winner || state.cancelled() != asio::cancellation_type::none) break;
  }
}

// Ends the group after `timeout`, or at once when all attempts have failed.
asio::awaitable<void> limit_attempts(Race* race, TaskGroup* group, Duration timeout) {
  auto end = std::chrono::steady_clock::now() + timeout;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (race->failed < race->addresses.size() && std::chrono::steady_clock::now() < end) {
    timer.expires_at(std::min(end, std::chrono::steady_clock::now() + Duration(20)));
    auto [error] = co_await timer.async_wait(as_value);
    if (error) co_return;
  }
  group->cancel();
}

// IPv6 and IPv4 in turn, each in the order of the resolver, the resolver's first family first.
std::vector<tcp::endpoint> interleave(const tcp::resolver::results_type& found) {
  std::vector<tcp::endpoint> first, second, mixed;
  for (const auto& entry : found) {
    bool same = first.empty() || entry.endpoint().protocol() == first.front().protocol();
    (same ? first : second).push_back(entry.endpoint());
  }
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

}  // namespace

std::unique_ptr<Transport> make_tcp_transport(tcp::socket socket) {
  return std::make_unique<TcpTransport>(std::move(socket));
}

Task<std::unique_ptr<Transport>> connect_tcp(std::vector<tcp::endpoint> addresses, std::string name,
                                             Duration timeout) {
  if (addresses.empty()) co_return fail(Errc::connection, name + " has no address");
  Race race{
      std::move(addresses), {}, {}, 0, asio::steady_timer(co_await asio::this_coro::executor)};
  co_await with_task_group([&race, timeout](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(limit_attempts(&race, &group, timeout));
    co_await start_attempts(&race, &group);
    if (!race.winner) co_await group.join();
  });
  if (race.winner) co_return make_tcp_transport(std::move(*race.winner));
  std::string why =
      race.failed < race.addresses.size() ? "no answer within " + to_text(timeout) : race.failures;
  co_return fail(Errc::connection, name + ": " + why);
}

Task<std::unique_ptr<Transport>> connect_tcp(std::string host, std::uint16_t port,
                                             Duration timeout) {
  auto start = std::chrono::steady_clock::now();
  std::string name = host + ":" + std::to_string(port);
  boost::system::error_code not_numeric;
  asio::ip::address numeric = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return co_await connect_tcp({tcp::endpoint(numeric, port)}, name, timeout);

  auto executor = co_await asio::this_coro::executor;
  auto resolver = std::make_shared<tcp::resolver>(executor);
  asio::steady_timer timer(executor, timeout);
  timer.async_wait([resolver](boost::system::error_code error) {
    if (!error) resolver->cancel();
  });
  auto [error, found] = co_await resolver->async_resolve(host, std::to_string(port), as_value);
  timer.cancel();
  if (error == asio::error::operation_aborted) {
    co_return fail(Errc::connection,
                   name + ": no answer of the name service within " + to_text(timeout));
  }
  if (error) co_return fail(Errc::connection, name + ": " + error.message());
  auto spent = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start);
  co_return co_await connect_tcp(interleave(found), name, std::max(Duration(1), timeout - spent));
}

}  // namespace sluice::xroot::client
