// SPDX-License-Identifier: Apache-2.0
// How one read or write of a caller is cut into requests of bounded size.
#pragma once

#include "base/result.h"
#include "xroot/protocol.h"
#include "xroot/requests/request.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sluice::xroot::client {

// One request carries no more than this, whatever the caller asks for in one go: servers limit
// frames to 64 MiB and more.
inline constexpr std::size_t max_transfer = 16U << 20;
// Data of one vector request.
inline constexpr std::size_t max_vector_bytes = 32U << 20;

enum class Pages : std::uint8_t { as_opened, always };

struct Range {
  std::uint64_t offset;
  std::size_t start;  // in the caller's memory
  std::size_t size;
};

// Cuts at page boundaries of the file, so that no page is split between two requests.
inline std::vector<Range> cut(std::uint64_t offset, std::size_t size, std::size_t stripe) {
  std::vector<Range> ranges;
  std::size_t at = 0;
  do {
    std::size_t n = std::min(stripe, size - at);
    if (n == stripe) n -= static_cast<std::size_t>((offset + at + n) % page_size);
    ranges.push_back({offset + at, at, n});
    at += n;
  } while (at < size);
  return ranges;
}

inline Status check_span(std::uint64_t offset, std::size_t size) {
  if (offset > max_offset || size > max_offset - offset) {
    return fail(Errc::invalid_argument, "offset or length is too large");
  }
  return {};
}

}  // namespace sluice::xroot::client
