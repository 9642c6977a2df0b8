// SPDX-License-Identifier: Apache-2.0
#include "net/loop.h"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>
#include <vector>

namespace sluice::net {

Loop::Loop(std::size_t index, Budget& budget)
    : index_(index),
      budget_(&budget),
      in_(std::make_unique_for_overwrite<std::byte[]>(in_size)),
      out_(std::make_unique_for_overwrite<std::byte[]>(out_size)) {
  renew_pipe();
}

void Loop::renew_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("cannot make a pipe");
  pipe_.read = Fd(ends[0]);
  pipe_.write = Fd(ends[1]);
  // The larger the pipe, the fewer system calls per MiB; unprivileged processes may be limited to
  // less.
  int size = ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
  if (size < 0) size = ::fcntl(ends[1], F_GETPIPE_SZ);
  pipe_.capacity = size > 0 ? static_cast<std::size_t>(size) : 65536;
}

void Loop::drain() {
  draining_ = true;
  for (auto place = watched_.begin(); place != watched_.end();) (*place++)->drain();
}

void Loop::expire_all() {
  for (auto place = watched_.begin(); place != watched_.end();) (*place++)->expire();
}

asio::awaitable<void> Loop::tick() {
  asio::steady_timer timer(context_);
  for (;;) {
    timer.expires_after(std::chrono::milliseconds(500));
    auto [error] = co_await timer.async_wait(as_value);
    if (error) co_return;
    now_ = Watched::Clock::now();
    for (auto place = watched_.begin(); place != watched_.end();) (*place++)->tick(now_);
  }
}

}  // namespace sluice::net
