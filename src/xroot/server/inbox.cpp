// SPDX-License-Identifier: Apache-2.0
#include "xroot/server/inbox.h"

#include <cstring>

namespace sluice::xroot::server {
namespace {

bool inside(ByteView view, const std::byte* begin, std::size_t size) {
  return !view.empty() && view.data() >= begin && view.data() < begin + size;
}

}  // namespace

void Inbox::park() {
  if (view_.empty()) {
    if (!spill_.empty()) std::vector<std::byte>().swap(spill_);
    share_.resize(0);
    return;
  }
  if (inside(view_, own_.data(), own_.size()) || inside(view_, spill_.data(), spill_.size()))
    return;
  if (view_.size() <= own_size) {
    std::memcpy(own_.data(), view_.data(), view_.size());
    view_ = ByteView(own_).first(view_.size());
  } else {
    spill_.assign(view_.begin(), view_.end());
    share_.resize(spill_.size());
    view_ = spill_;
  }
}

// Waits until the process can afford a buffer of `size` bytes. Too rare to be woken for: it asks again.
asio::awaitable<void> Inbox::afford(std::size_t size) {
  while (!share_.try_resize(size)) {
    asio::steady_timer pause(socket_->loop().context(), std::chrono::milliseconds(50));
    co_await pause.async_wait(as_value);
    if (!socket_->is_open()) share_.resize(size);  // the session expired meanwhile: let it see so
  }
}

asio::awaitable<bool> Inbox::fill(std::size_t need) {
  park();
  while (view_.size() < need || need == 0) {
    ByteSpan room;
    std::size_t have = view_.size();
    if (std::max(need, have + 1) <= own_size) {
      // memmove: the rest of an earlier batch may sit in the middle of own_.
      if (have != 0) std::memmove(own_.data(), view_.data(), have);
      room = ByteSpan(own_).subspan(have);
    } else {
      co_await afford(std::max(need, have + own_size));
      std::vector<std::byte> larger(std::max(need, have + own_size));
      if (have != 0) std::memcpy(larger.data(), view_.data(), have);
      spill_.swap(larger);
      room = ByteSpan(spill_).subspan(have);
    }
    ByteView whole(room.data() - have, have + room.size());
    view_ = whole.first(have);
    Result<std::size_t> n = co_await socket_->receive(room);
    if (!n || *n == 0) co_return false;
    maybe_more_ = *n == room.size();
    view_ = whole.first(have + *n);
    if (need == 0) break;
  }
  co_return true;
}

bool Inbox::top_up() {
  if (!maybe_more_) return false;
  maybe_more_ = false;
  ByteSpan in = socket_->loop().in();
  std::size_t have = view_.size();
  if (have >= in.size()) return false;
  if (have != 0) std::memmove(in.data(), view_.data(), have);
  view_ = in.first(have);
  Result<std::size_t> n = socket_->try_receive(in.subspan(have));
  if (!n || *n == 0) return false;
  maybe_more_ = *n == in.size() - have;
  view_ = in.first(have + *n);
  return true;
}

}  // namespace sluice::xroot::server
