// SPDX-License-Identifier: Apache-2.0
// How a fuzz target says that a property does not hold.
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <span>

namespace sluice::fuzz {

inline void check(bool holds) {
  if (!holds) __builtin_trap();
}

inline ByteView view(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

}  // namespace sluice::fuzz
