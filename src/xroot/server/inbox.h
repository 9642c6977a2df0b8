// SPDX-License-Identifier: Apache-2.0
// Bytes of a connection that were received but not understood yet. While a connection waits it owns
// 512 bytes, enough for twenty pipelined reads; what one receive brings beyond that sits in the
// loop's buffer until it is served or parked.
#pragma once

#include "net/socket.h"

#include <array>
#include <vector>

namespace sluice::xroot::server {

class Inbox {
 public:
  explicit Inbox(net::Socket& socket) : socket_(&socket), share_(socket.loop().budget()) {}

  ByteView bytes() const { return view_; }
  void consume(std::size_t n) { view_ = view_.subspan(n); }

  // Moves unparsed bytes out of the loop's buffer: compulsory before every suspension.
  void park();

  // Waits for more until there are `need` unparsed bytes. False: the stream ended (or broke)
  // before.
  asio::awaitable<bool> fill(std::size_t need);

  // When the last receive filled its buffer: takes what the kernel has without waiting, into the
  // loop's buffer. True when there is more than before. Errors are left for the next fill().
  bool top_up();

 private:
  asio::awaitable<void> afford(std::size_t size);

  static constexpr std::size_t own_size = 512;

  net::Socket* socket_;
  ByteView view_;
  std::array<std::byte, own_size> own_;
  std::vector<std::byte> spill_;  // when own_ is too small for one request
  net::BudgetShare share_;        // of spill_
  bool maybe_more_ = false;
};

}  // namespace sluice::xroot::server
