// SPDX-License-Identifier: Apache-2.0
// One TCP connection of a session: its socket, what came in, what goes out. A session has one that
// carries its requests and, after kXR_bind, up to fifteen more that only carry data.
#pragma once

#include "xroot/server/inbox.h"
#include "xroot/server/outbox.h"

#include <boost/asio/post.hpp>

#include <functional>

namespace sluice::xroot::server {

struct Channel {
  explicit Channel(net::Socket connected) : socket(std::move(connected)), in(socket), out(socket) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  net::Socket socket;
  Inbox in;
  Outbox out;
  std::uint64_t moved =
      0;  // bytes of bulk data received; with out.sent() what the stall deadline looks at
  std::size_t turn_used = 0;
  std::uint8_t path = 0;  // the path id that kXR_bind gave it; 0 carries the requests

  // After `n` bytes of bulk data: gives the loop to the other connections when this one's turn is
  // used up.
  asio::awaitable<void> pace(std::size_t n, std::size_t turn) {
    moved += n;
    turn_used += n;
    if (turn_used < turn) co_return;
    turn_used = 0;
    co_await asio::post(socket.loop().context(), asio::use_awaitable);
  }
};

// The data that follow a request on a channel and are not held in memory. The try_* calls take what is there, from the
// inbox or the socket, and never wait: 0 means that readable() should. They may run on another thread (Loop::bulk) while
// nobody else uses the channel's input.
class Body {
 public:
  Body(Channel& channel, std::uint64_t size) : channel_(&channel), left_(size) {}

  std::uint64_t left() const { return left_; }
  Channel& channel() const { return *channel_; }
  Task<void> readable() { return channel_->socket.readable(); }

  Result<std::size_t> try_receive(ByteSpan into);
  // Waits until there is something.
  Task<std::size_t> receive(ByteSpan into);

  // Moves up to `max` bytes into `file` at `offset`, those of the socket without copying them through this process.
  Result<std::size_t> try_splice(net::Workspace& space, int file, std::uint64_t offset,
                                 std::uint64_t max);

  // Takes and drops the rest.
  Task<void> discard();

 private:
  ByteView take_parked(std::size_t max);

  Channel* channel_;
  std::uint64_t left_;
};

}  // namespace sluice::xroot::server
