// SPDX-License-Identifier: Apache-2.0
#include "pool/pace.h"

#include <algorithm>
#include <cmath>

namespace sluice::pool {

Duration Pace::due(Clock::time_point now, std::uint64_t rate) {
  const auto passed = std::chrono::duration<double>(now - last_).count();
  const auto per_second = static_cast<double>(rate);
  last_ = now;
  debt_ = std::max(0.0, debt_ - passed * per_second);
  const double milliseconds = std::ceil(1000 * debt_ / per_second);
  return Duration(static_cast<std::int64_t>(std::min(milliseconds, 1000.0)));
}

}  // namespace sluice::pool
