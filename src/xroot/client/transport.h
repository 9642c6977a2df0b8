// SPDX-License-Identifier: Apache-2.0
// What a connection needs of its byte stream: calls that never wait, two waits, and an end. Nothing
// is lent to the kernel while a coroutine is suspended, so a caller may go away with its buffers at
// any await. TLS is another implementation.
#pragma once

#include "base/result.h"
#include "base/units.h"

#include <boost/asio/ip/tcp.hpp>
#include <sys/uio.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sluice::xroot::client {

using tcp = asio::ip::tcp;

// The most pieces of one gather or scatter call (IOV_MAX of Linux).
inline constexpr std::size_t max_pieces = 1024;

class Transport {
 public:
  virtual ~Transport() = default;

  // How many bytes were received or taken; 0 when it would have to wait. The end of the stream is
  // Errc::connection.
  virtual Result<std::size_t> try_receive(std::span<const iovec> into) = 0;
  virtual Result<std::size_t> try_send(std::span<const iovec> bytes) = 0;
  virtual Task<void> readable() = 0;
  virtual Task<void> writable() = 0;

  // Bytes that count as taken are still here, and writable() sends them.
  virtual bool has_unsent() const { return false; }

  // Whoever waits is woken with an error.
  virtual void close() = 0;

  virtual bool is_encrypted() const = 0;
  virtual std::string peer() const = 0;        // "[::1]:1094"
  virtual tcp::endpoint endpoint() const = 0;  // of the server
  virtual tcp::endpoint local() const = 0;     // unspecified when the connection is gone
};

std::unique_ptr<Transport> make_tcp_transport(tcp::socket socket);

// Looks `host` up and connects to the first of its addresses that answers: they are tried in turn
// of address family, 250 ms apart, without giving up on the earlier ones (RFC 8305).
Task<std::unique_ptr<Transport>> connect_tcp(std::string host, std::uint16_t port,
                                             Duration timeout);

// The same for an address that is known already.
Task<std::unique_ptr<Transport>> connect_tcp(std::vector<tcp::endpoint> addresses, std::string name,
                                             Duration timeout);

}  // namespace sluice::xroot::client
