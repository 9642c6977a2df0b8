// SPDX-License-Identifier: Apache-2.0
#include "net/loop.h"

namespace sluice::net {

Loop::Loop(std::size_t index, Budget& budget, BulkLane* lane)
    : index_(index), budget_(&budget), lane_(lane) {}

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
