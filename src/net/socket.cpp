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

}  // namespace

std::string to_text(const tcp::endpoint& address) {
  bool v6 = address.address().is_v6();
  return (v6 ? "[" : "") + address.address().to_string() + (v6 ? "]:" : ":") +
         std::to_string(address.port());
}

Socket::Socket(Loop& loop, tcp::socket socket) : loop_(&loop), socket_(std::move(socket)) {
  // Accepted sockets are so already; others are made so, since sendfile and splice have no flag for it.
  boost::system::error_code ignored;
  if (!socket_.native_non_blocking()) socket_.native_non_blocking(true, ignored);
  peer_ = socket_.remote_endpoint(ignored);
}

Task<std::size_t> Socket::receive(ByteSpan into) {
  auto [error, n] =
      co_await socket_.async_read_some(asio::mutable_buffer(into.data(), into.size()), as_value);
  if (error == asio::error::eof) co_return std::size_t{0};
  if (error) co_return fail(Errc::connection, error.message());
  co_return n;
}

Task<void> Socket::readable() {
  auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, as_value);
  if (error) co_return fail(Errc::connection, error.message());
  co_return Status{};
}

Task<void> Socket::writable() {
  auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, as_value);
  if (error) co_return fail(Errc::connection, error.message());
  co_return Status{};
}

Result<std::size_t> Socket::try_receive(ByteSpan into) {
  ssize_t n = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
  if (n == 0 && !into.empty()) return fail(Errc::connection, "closed by the peer");
  return outcome(n);
}

Result<std::size_t> Socket::try_send(ByteView bytes, int flags) {
  return outcome(::send(socket_.native_handle(), bytes.data(), bytes.size(),
                        MSG_DONTWAIT | MSG_NOSIGNAL | flags));
}

Result<std::size_t> Socket::try_sendfile(int file, std::uint64_t offset, std::size_t count) {
  auto position = static_cast<off_t>(offset);
  ssize_t n = ::sendfile(socket_.native_handle(), file, &position, count);
  if (n == 0 && count > 0) return fail(Errc::io, "the file became shorter while it was sent");
  return outcome(n);
}

Result<std::size_t> Socket::try_discard(std::size_t count) {
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
