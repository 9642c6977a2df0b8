// SPDX-License-Identifier: Apache-2.0
// How far the scrubber is, as operators see it and as the catalogue keeps it over a restart: one line of text.
#pragma once

#include "base/result.h"
#include "catalogue/api.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::pool {

// One time through all replicas of the pool. Times are nanoseconds since 1970, 0: not yet.
struct ScrubRound {
  std::int64_t began_ns = 0;
  std::int64_t ended_ns = 0;
  std::uint64_t replicas = 0;
  std::uint64_t bytes = 0;
  std::uint64_t broken = 0;
};

struct ScrubState {
  catalogue::FileId place;  // all replicas up to this one were looked at
  ScrubRound round;         // the one that is under way
  ScrubRound last;          // the one before

  bool is_under_way() const { return round.began_ns != 0; }
};

std::string to_text(const ScrubState& state);
// Errc::invalid_argument for what is no text of a state.
Result<ScrubState> parse_scrub_state(std::string_view text);

}  // namespace sluice::pool
