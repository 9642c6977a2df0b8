// SPDX-License-Identifier: Apache-2.0
#include "xroot/server/outbox.h"

#include <sys/socket.h>

#include <cstring>

namespace sluice::xroot::server {

ByteSpan Outbox::reserve(std::size_t n) {
  if (filled_ + n > net::Workspace::out_size) flush();
  return socket_->loop().out().subspan(filled_, n);
}

void Outbox::append(const ResponseHeader& header, ByteView body) {
  std::size_t size = response_header_size + body.size();
  if (size <= largest) {
    ByteSpan out = reserve(size);
    header.encode(out.first<response_header_size>());
    if (!body.empty()) std::memcpy(out.data() + response_header_size, body.data(), body.size());
    commit(size);
    return;
  }
  flush();
  std::array<std::byte, response_header_size> head{};
  header.encode(head);
  backlog_.insert(backlog_.end(), head.begin(), head.end());
  backlog_.insert(backlog_.end(), body.begin(), body.end());
  share_.resize(backlog_.size());
}

void Outbox::flush() {
  if (filled_ == 0) return;
  ByteView batch = socket_->loop().out().first(filled_);
  filled_ = 0;
  if (broken_) return;
  if (!busy_ && sent_ == backlog_.size()) {
    Result<std::size_t> n = socket_->try_send(batch);
    if (!n) {
      broken_ = true;
      return;
    }
    count(*n);
    batch = batch.subspan(*n);
  }
  backlog_.insert(backlog_.end(), batch.begin(), batch.end());
  share_.resize(backlog_.size());
}

Task<void> Outbox::drain() {
  if (broken_) co_return fail(Errc::connection, "connection is broken");
  if (sent_ == backlog_.size() && !socket_->has_unsent()) co_return Status{};
  SLUICE_CO_TRY([[maybe_unused]] Turn turn, co_await take_turn());
  co_return Status{};
}

Task<Outbox::Turn> Outbox::take_turn() {
  flush();
  while (busy_) {
    ++waiting_;
    co_await turn_over_.async_wait(as_value);
    --waiting_;
  }
  if (broken_) co_return fail(Errc::connection, "connection is broken");
  busy_ = true;
  Turn turn(*this);
  SLUICE_CO_CHECK(co_await send_backlog());
  co_return turn;
}

Task<void> Outbox::send_backlog() {
  while (sent_ < backlog_.size()) {
    Result<std::size_t> n = socket_->try_send(ByteView(backlog_).subspan(sent_));
    if (!n) {
      broken_ = true;
      co_return fail(Errc::connection, "connection is broken");
    }
    count(*n);
    sent_ += *n;
    if (sent_ == backlog_.size()) break;
    if (Status ready = co_await socket_->writable(); !ready) {
      broken_ = true;
      co_return ready;
    }
  }
  // Encrypted bytes that count as sent; TLS takes no others before they are gone.
  if (socket_->has_unsent()) {
    if (Status ready = co_await socket_->writable(); !ready) {
      broken_ = true;
      co_return ready;
    }
  }
  // Gives the memory back: a connection that never falls behind again should cost nothing.
  std::vector<std::byte>().swap(backlog_);
  sent_ = 0;
  share_.resize(0);
  co_return Status{};
}

void Outbox::end_turn() {
  busy_ = false;
  // Everybody who left something in the backlog meanwhile waits in drain(), so nothing stays
  // behind.
  if (waiting_ != 0) turn_over_.cancel();
}

Task<void> Outbox::send_all(ByteView bytes, bool more) {
  while (!bytes.empty()) {
    Result<std::size_t> n = socket_->try_send(bytes, more ? MSG_MORE : 0);
    if (!n) {
      broken_ = true;
      co_return fail(Errc::connection, "connection is broken");
    }
    count(*n);
    bytes = bytes.subspan(*n);
    if (bytes.empty()) break;
    if (Status ready = co_await socket_->writable(); !ready) {
      broken_ = true;
      co_return ready;
    }
  }
  co_return Status{};
}

}  // namespace sluice::xroot::server
