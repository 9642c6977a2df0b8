// SPDX-License-Identifier: Apache-2.0
#include "pool/movers/mover.h"

#include "base/must_not_throw.h"
#include "pool/movers/movers.h"

#include <ctime>
#include <utility>

namespace sluice::pool {

Mover::Mover(std::shared_ptr<Movers> movers, MoverRequest&& request, OnEnd&& on_end)
    : movers_(std::move(movers)),
      now_(movers_->now_),
      request_(std::move(request)),
      on_end_(std::move(on_end)) {}

Mover::~Mover() {
  must_not_throw([this] { movers_->leave(*this); });
}

std::string Mover::why() const {
  return ended_.load(std::memory_order_acquire) ? why_ : std::string();
}

Duration Mover::waited() const { return std::chrono::floor<Duration>(started_ - asked_); }
Duration Mover::running() const { return std::chrono::floor<Duration>(now_() - started_); }

Mover::Clock::time_point coarse_now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return Mover::Clock::time_point(std::chrono::seconds(time.tv_sec) +
                                  std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace sluice::pool
