// SPDX-License-Identifier: Apache-2.0
// Answers on their way out. Small ones are composed in the loop's buffer and leave with one send
// per batch; what the kernel does not take becomes the backlog of the connection, and nobody
// receives new requests until that is gone. Bulk answers take the Turn: whoever holds it writes to
// the socket, everybody else's answers wait in the backlog.
#pragma once

#include "net/socket.h"
#include "xroot/protocol.h"

#include <boost/asio/steady_timer.hpp>

#include <vector>

namespace sluice::xroot::server {

class Outbox {
 public:
  explicit Outbox(net::Socket& socket)
      : socket_(&socket),
        turn_over_(socket.loop().context(), asio::steady_timer::time_point::max()),
        share_(socket.loop().budget()) {}

  // Room for n bytes at the end of the batch (n <= largest). They count once commit() says how many
  // were written.
  ByteSpan reserve(std::size_t n);
  void commit(std::size_t n) { filled_ += n; }
  static constexpr std::size_t largest = 64 << 10;

  // One answer frame, header and body.
  void append(const ResponseHeader& header, ByteView body);

  // Sends the batch as far as the kernel takes it; the rest is kept. Never waits. Compulsory before
  // every suspension.
  void flush();

  // For the middle of a batch: sends what is there once it is worth a system call; true when the
  // kernel left some of it, so that nothing more should be composed before drain().
  bool behind() {
    if (filled_ >= largest) flush();
    return sent_ < backlog_.size() || socket_->has_unsent();
  }

  // Nothing is left unsent.
  bool clear() const { return filled_ == 0 && sent_ == backlog_.size() && !socket_->has_unsent(); }
  bool broken() const { return broken_; }
  // Bytes the kernel took so far, whoever sent them; who writes past the backlog reports with
  // count().
  std::uint64_t sent() const { return total_; }
  void count(std::size_t n) { total_ += n; }

  // Waits until the backlog is gone.
  Task<void> drain();

  // The right to write to the socket itself, past the backlog, which is empty then. One at a time.
  class Turn {
   public:
    explicit Turn(Outbox& outbox) : outbox_(&outbox) {}
    Turn(Turn&& other) noexcept : outbox_(std::exchange(other.outbox_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (outbox_ != nullptr) outbox_->end_turn();
    }

   private:
    Outbox* outbox_;
  };
  Task<Turn> take_turn();

  // For the holder of the turn: sends all of `bytes`, waiting as long as it takes. `more` says that
  // data follow at once.
  Task<void> send_all(ByteView bytes, bool more);

 private:
  Task<void> send_backlog();
  void end_turn();

  net::Socket* socket_;
  std::size_t filled_ = 0;          // bytes composed in the loop's buffer
  std::vector<std::byte> backlog_;  // unsent from sent_ on
  std::size_t sent_ = 0;
  std::uint64_t total_ = 0;
  bool busy_ = false;  // somebody has the turn
  bool broken_ = false;
  asio::steady_timer turn_over_;  // never fires; cancelled when a turn ends
  std::size_t waiting_ = 0;
  net::BudgetShare
      share_;  // of backlog_: counted, since a client that does not read is not served either
};

}  // namespace sluice::xroot::server
