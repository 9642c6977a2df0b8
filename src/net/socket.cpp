// SPDX-License-Identifier: Apache-2.0
#include "net/socket.h"

#include <sys/sendfile.h>

#include <cerrno>

namespace sluice::net {
namespace {

// What a non-blocking call returned: bytes, 0 for "would wait", or the error of the connection.
Result<std::size_t> outcome(ssize_t n) {
  if (n >= 0) return static_cast<std::size_t>(n);
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return fail(Errc::connection, std::generic_category().message(errno));
}

Result<std::size_t> receive_now(int socket, ByteSpan into) {
  ssize_t n = ::recv(socket, into.data(), into.size(), MSG_DONTWAIT);
  if (n == 0 && !into.empty()) return fail(Errc::connection, "closed by the peer");
  return outcome(n);
}

Result<std::size_t> send_now(int socket, ByteView bytes, int flags) {
  return outcome(::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL | flags));
}

}  // namespace

// Goes by the descriptor, which stays the same when the connection moves to another loop.
class Socket::Wire final : public TlsStream::Carrier {
 public:
  explicit Wire(int socket) : socket_(socket) {}
  Result<std::size_t> try_receive(ByteSpan into) override { return receive_now(socket_, into); }
  Result<std::size_t> try_send(ByteView bytes) override { return send_now(socket_, bytes, 0); }
  int kernel_socket() const override { return socket_; }

 private:
  int socket_;
};

std::string to_text(const tcp::endpoint& address) {
  bool v6 = address.address().is_v6();
  return (v6 ? "[" : "") + address.address().to_string() + (v6 ? "]:" : ":") +
         std::to_string(address.port());
}

Socket::Socket(Loop& loop, tcp::socket socket, std::unique_ptr<TlsStream> tls)
    : loop_(&loop), socket_(std::move(socket)), tls_(std::move(tls)) {
  // Accepted sockets are so already; others are made so, since sendfile and splice have no flag for it.
  boost::system::error_code ignored;
  if (!socket_.native_non_blocking()) socket_.native_non_blocking(true, ignored);
  peer_ = socket_.remote_endpoint(ignored);
}

Socket::~Socket() {
  if (tls_ && open_ && socket_.is_open()) tls_->send_end();
}

namespace {

// Ends a connection whose handshake takes too long; forgotten with it.
class HandshakeDeadline {
 public:
  HandshakeDeadline(Loop& loop, int socket, Duration deadline) : timer_(loop.context(), deadline) {
    timer_.async_wait([socket, over = over_](boost::system::error_code error) {
      if (error || *over != State::running) return;
      *over = State::late;
      ::shutdown(socket, SHUT_RDWR);
    });
  }
  HandshakeDeadline(const HandshakeDeadline&) = delete;
  HandshakeDeadline& operator=(const HandshakeDeadline&) = delete;
  ~HandshakeDeadline() { *over_ = State::ended; }
  bool is_over() const { return *over_ == State::late; }

 private:
  enum class State : std::uint8_t { running, late, ended };
  std::shared_ptr<State> over_ = std::make_shared<State>(State::running);
  asio::steady_timer timer_;
};

}  // namespace

Task<void> Socket::start_tls(SslPtr ssl, ByteView received, Duration deadline) {
  SLUICE_CO_TRY(auto tls, TlsStream::make(std::move(ssl), std::make_unique<Wire>(fd()), received,
                                          &loop_->budget()));
  HandshakeDeadline limit(*loop_, fd(), deadline);
  for (;;) {
    Result<TlsStream::Handshake> step = tls->try_handshake();
    if (limit.is_over())
      co_return fail(Errc::timed_out, "no TLS handshake within " + sluice::to_text(deadline));
    if (!step) co_return tl::unexpected<Error>(step.error());
    if (*step == TlsStream::Handshake::done) break;
    auto [error] = co_await socket_.async_wait(*step == TlsStream::Handshake::wants_read
                                                   ? tcp::socket::wait_read
                                                   : tcp::socket::wait_write,
                                               as_value);
    if (error) co_return fail(Errc::connection, error.message());
  }
  tls_ = std::move(tls);
  co_return Status{};
}

Task<std::size_t> Socket::receive(ByteSpan into) {
  if (tls_) [[unlikely]] {
    for (;;) {
      SLUICE_CO_TRY(std::size_t n, tls_->try_receive(into));
      if (n != 0) co_return n;
      SLUICE_CO_CHECK(co_await readable());
    }
  }
  auto [error, n] =
      co_await socket_.async_read_some(asio::mutable_buffer(into.data(), into.size()), as_value);
  if (error == asio::error::eof) co_return std::size_t{0};
  if (error) co_return fail(Errc::connection, error.message());
  co_return n;
}

Task<void> Socket::readable() {
  if (tls_ && !tls_->is_dry()) co_return Status{};
  auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, as_value);
  if (error) co_return fail(Errc::connection, error.message());
  co_return Status{};
}

Task<void> Socket::writable() {
  for (;;) {
    auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, as_value);
    if (error) co_return fail(Errc::connection, error.message());
    TlsStream* tls = encrypting();
    if (tls == nullptr) co_return Status{};
    SLUICE_CO_TRY(bool is_clear, tls->flush());
    if (is_clear) co_return Status{};
  }
}

Result<std::size_t> Socket::try_receive(ByteSpan into) {
  if (tls_) [[unlikely]]
    return tls_->try_receive(into);
  return receive_now(socket_.native_handle(), into);
}

Result<std::size_t> Socket::try_send(ByteView bytes, int flags) {
  if (TlsStream* tls = encrypting()) [[unlikely]]
    return tls->try_send(bytes, (flags & MSG_MORE) != 0);
  return send_now(socket_.native_handle(), bytes, flags);
}

Result<std::size_t> Socket::try_sendfile(int file, std::uint64_t offset, std::size_t count) {
  if (TlsStream* tls = encrypting()) [[unlikely]]
    return tls->try_sendfile(file, offset, count);
  auto position = static_cast<off_t>(offset);
  ssize_t n = ::sendfile(socket_.native_handle(), file, &position, count);
  if (n == 0 && count > 0) return fail(Errc::io, "the file became shorter while it was sent");
  return outcome(n);
}

Result<std::size_t> Socket::try_discard(std::size_t count) {
  if (tls_) [[unlikely]]
    return tls_->try_discard(count);
  // TCP with MSG_TRUNC drops the bytes without copying them anywhere (tcp(7)).
  ssize_t n = ::recv(socket_.native_handle(), nullptr, count, MSG_DONTWAIT | MSG_TRUNC);
  if (n == 0) return fail(Errc::connection, "closed by the peer");
  return outcome(n);
}

void Socket::shutdown() {
  open_ = false;
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.cancel(ignored);
}

void Socket::shutdown_receive() {
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_receive, ignored);
}

Fd Socket::release() { return Fd(socket_.release()); }

}  // namespace sluice::net
