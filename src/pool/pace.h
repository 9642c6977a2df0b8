// SPDX-License-Identifier: Apache-2.0
// So many bytes per second and no more, for work that may take its time: what was spent must have become due before the next
// piece. Time that nobody used is not saved up.
#pragma once

#include "base/units.h"

#include <chrono>
#include <cstdint>

namespace sluice::pool {

class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  // Work begins: nothing becomes due of the time before.
  void begin(Clock::time_point now) { last_ = now; }

  void spend(std::uint64_t bytes) { debt_ += static_cast<double>(bytes); }

  // How long to wait before asking again, at most a second, so that another rate is soon obeyed; 0: go on. `rate` is bytes
  // per second, not 0.
  Duration due(Clock::time_point now, std::uint64_t rate);

 private:
  double debt_ = 0;  // bytes
  Clock::time_point last_{};
};

}  // namespace sluice::pool
