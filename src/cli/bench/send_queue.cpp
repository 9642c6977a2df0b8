// SPDX-License-Identifier: Apache-2.0
// send with MSG_MORE for text that data follow, so that a header does not leave in a segment of its
// own, then sendfile.
#include "cli/bench/send_queue.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>

namespace sluice::cli::bench {

namespace {

SendQueue::Outcome outcome_of_errno() {
  return errno == EAGAIN || errno == EINTR ? SendQueue::Outcome::blocked
                                           : SendQueue::Outcome::broken;
}

}  // namespace

void SendQueue::add(Source source) { pieces_.push_back({text_.size(), source}); }

void SendQueue::clear() {
  text_.clear();
  pieces_.clear();
  sent_ = 0;
  next_piece_ = 0;
}

SendQueue::Outcome SendQueue::flush(int socket) {
  while (next_piece_ < pieces_.size()) {
    Piece& piece = pieces_[next_piece_];
    if (const Outcome outcome = send_text(socket, piece.at, true); outcome != Outcome::done)
      return outcome;
    if (const Outcome outcome = send_piece(socket, piece.source); outcome != Outcome::done)
      return outcome;
    ++next_piece_;
  }
  const Outcome outcome = send_text(socket, text_.size(), false);
  if (outcome == Outcome::done) clear();
  return outcome;
}

SendQueue::Outcome SendQueue::send_text(int socket, std::size_t end, bool more_follows) {
  const int flags = MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0);
  while (sent_ < end) {
    const ssize_t n = ::send(socket, text_.data() + sent_, end - sent_, flags);
    if (n < 0) return outcome_of_errno();
    sent_ += static_cast<std::size_t>(n);
  }
  return Outcome::done;
}

SendQueue::Outcome SendQueue::send_piece(int socket, Source& source) {
  while (source.length > 0) {
    auto at = static_cast<off_t>(source.offset);
    const ssize_t n = ::sendfile(socket, source.fd, &at, source.length);
    if (n < 0) return outcome_of_errno();
    if (n == 0) return Outcome::broken;  // the memfd is shorter than it was built
    source.offset += static_cast<std::uint64_t>(n);
    source.length -= static_cast<std::uint64_t>(n);
  }
  return Outcome::done;
}

}  // namespace sluice::cli::bench
