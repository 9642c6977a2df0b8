// SPDX-License-Identifier: Apache-2.0
// A connected TCP socket on one loop: calls that never wait (try_*) and the two waits. The data
// path is written with try_* on the loop's buffers and waits only when the kernel has nothing or
// takes nothing more. With TLS the same calls encrypt; without it that costs one branch.
#pragma once

#include "base/bytes.h"
#include "base/fd.h"
#include "base/task_group.h"
#include "net/loop.h"
#include "net/tls_stream.h"

#include <boost/asio/ip/tcp.hpp>
#include <sys/socket.h>
#include <sys/uio.h>

#include <span>

namespace sluice::net {

using tcp = asio::ip::tcp;

// "192.0.2.1:40000", "[2001:db8::1]:40000", for logs.
std::string to_text(const tcp::endpoint& address);

class Socket {
 public:
  Socket(Loop& loop, tcp::socket socket, std::unique_ptr<TlsStream> tls = nullptr);
  Socket(Socket&&) = default;
  Socket& operator=(Socket&&) = delete;
  ~Socket();

  Loop& loop() const { return *loop_; }
  int fd() { return socket_.native_handle(); }
  // Who is at the other end; unspecified when the connection was gone from the start.
  const tcp::endpoint& peer() const { return peer_; }

  // Puts TLS on the connection; `received` are the bytes that came behind the last ones in clear. Nothing else may use the
  // socket meanwhile. After `deadline` the connection is closed.
  Task<void> start_tls(SslPtr ssl, ByteView received, Duration deadline);
  bool is_encrypted() const { return tls_ != nullptr; }
  // Null in clear.
  const TlsStream* tls() const { return tls_.get(); }
  // Bytes that count as sent are still here, and writable() sends them. Never in clear.
  bool has_unsent() const { return tls_ && tls_->has_unsent(); }

  // Waits for bytes and receives what is there, up to the size of `into`; 0 is the end of the
  // stream.
  Task<std::size_t> receive(ByteSpan into);
  Task<void> readable();
  Task<void> writable();

  // How many bytes were taken or sent; 0 when the kernel would wait. The end of the stream and
  // errors of the connection are Errc::connection.
  Result<std::size_t> try_receive(ByteSpan into);
  Result<std::size_t> try_send(ByteView bytes, int flags = 0);
  Result<std::size_t> try_sendfile(int file, std::uint64_t offset, std::size_t count);
  // Takes bytes from the stream and throws them away in the kernel.
  Result<std::size_t> try_discard(std::size_t count);

  // False after shutdown().
  bool is_open() const { return open_; }
  // Ends both directions; whoever waits is woken with an error.
  void shutdown();
  // Ends reading only: whoever waits for bytes sees the end of the stream.
  void shutdown_receive();

  // Gives the connection away, for another loop: TLS first, where there is some, then the descriptor.
  std::unique_ptr<TlsStream> release_tls() { return std::move(tls_); }
  Fd release();

 private:
  class Wire;
  // TLS that has to do the sending, else null.
  TlsStream* encrypting() { return tls_ && !tls_->kernel_sends() ? tls_.get() : nullptr; }

  Loop* loop_;
  tcp::socket socket_;
  tcp::endpoint peer_;
  bool open_ = true;
  std::unique_ptr<TlsStream> tls_;
};

}  // namespace sluice::net
