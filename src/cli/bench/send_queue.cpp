// SPDX-License-Identifier: Apache-2.0
// send with MSG_MORE for text that data follow, so that a header does not leave in a segment of its
// own, then sendfile.
#include "cli/bench/send_queue.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>

namespace sluice::cli::bench {

namespace {

using Outcome = SendQueue::Outcome;

// Of a system call.
Outcome outcome_of(ssize_t n) {
  if (n > 0) return Outcome::done;
  return n < 0 && (errno == EAGAIN || errno == EINTR) ? Outcome::blocked : Outcome::broken;
}

Outcome outcome_of(const Result<std::size_t>& n) {
  if (!n) return Outcome::broken;
  return *n > 0 ? Outcome::done : Outcome::blocked;
}

}  // namespace

void SendQueue::add(Source source) { pieces_.push_back({text_.size(), source}); }

void SendQueue::clear() {
  text_.clear();
  pieces_.clear();
  sent_ = 0;
  next_piece_ = 0;
}

Outcome SendQueue::flush(int socket, net::TlsStream* tls) {
  socket_ = socket;
  tls_ = tls;
  if (tls_ != nullptr && tls_->has_unsent()) {
    auto left = tls_->flush();
    if (!left || !*left) return left ? Outcome::blocked : Outcome::broken;
  }
  return flush_all();
}

Outcome SendQueue::flush_all() {
  while (next_piece_ < pieces_.size()) {
    Piece& piece = pieces_[next_piece_];
    if (const Outcome outcome = send_text(piece.at, true); outcome != Outcome::done) return outcome;
    if (const Outcome outcome = send_piece(piece.source); outcome != Outcome::done) return outcome;
    ++next_piece_;
  }
  const Outcome outcome = send_text(text_.size(), false);
  if (outcome == Outcome::done) clear();
  return outcome;
}

Outcome SendQueue::send_text(std::size_t end, bool more_follows) {
  const int flags = MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0);
  while (sent_ < end) {
    ByteView rest = ByteView(text_).subspan(sent_, end - sent_);
    if (tls_ != nullptr) {
      auto n = tls_->try_send(rest, more_follows);
      if (const Outcome outcome = outcome_of(n); outcome != Outcome::done) return outcome;
      sent_ += *n;
    } else {
      const ssize_t n = ::send(socket_, rest.data(), rest.size(), flags);
      if (const Outcome outcome = outcome_of(n); outcome != Outcome::done) return outcome;
      sent_ += static_cast<std::size_t>(n);
    }
  }
  return Outcome::done;
}

Outcome SendQueue::send_piece(Source& source) {
  while (source.length > 0) {
    std::size_t moved = 0;
    if (tls_ != nullptr) {
      auto n = tls_->try_sendfile(source.fd, source.offset, source.length);
      if (const Outcome outcome = outcome_of(n); outcome != Outcome::done) return outcome;
      moved = *n;
    } else {
      auto at = static_cast<off_t>(source.offset);
      // 0: the memfd is shorter than it was built
      const ssize_t n = ::sendfile(socket_, source.fd, &at, source.length);
      if (const Outcome outcome = outcome_of(n); outcome != Outcome::done) return outcome;
      moved = static_cast<std::size_t>(n);
    }
    source.offset += moved;
    source.length -= moved;
  }
  return Outcome::done;
}

}  // namespace sluice::cli::bench
