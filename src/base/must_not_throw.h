// SPDX-License-Identifier: Apache-2.0
// For destructors that use what may throw on paper, such as cancelling a timer.
#pragma once

#include <exception>

namespace sluice {

// Runs `step`. Nobody could be told of an exception, and going on would leave others waiting for ever: it ends the program.
template <class Step>
void must_not_throw(Step step) noexcept {
  try {
    step();
  } catch (...) {
    std::terminate();
  }
}

}  // namespace sluice
