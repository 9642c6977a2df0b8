// SPDX-License-Identifier: Apache-2.0
// A client that a pool sent back, or that lost one: it repeats its open with what the door gave it.
#pragma once

#include "door/door_service.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice::door {

// What a client that comes back brings along from its last redirect. Its word alone counts for nothing: it is in the
// capability that a door signed.
struct Past {
  std::uint8_t attempt = 0;
  std::int64_t upload = 0;             // that it did not finish; 0: none
  std::vector<std::int64_t> excluded;  // pools that failed it
  std::optional<std::int64_t>
      avoided;  // the last pool, when nothing says that it could not serve the file

  // The choice among pools: away from the one it comes from. If there is no other, that one again, but not before this door
  // had the time to notice that it is gone.
  template <class Choose>
  std::shared_ptr<const PoolView> choose(unsigned round, Choose choose_without) const {
    constexpr unsigned rounds_to_notice = 3;
    if (!avoided) return choose_without(excluded);
    auto others = excluded;
    others.push_back(*avoided);
    auto pool = choose_without(others);
    return pool || round < rounds_to_notice ? pool : choose_without(excluded);
  }
};

// The last word of triedrc: why the client left the pool it was at.
std::string_view last_reason(const xroot::Opaque& opaque);

Past past_of(const DoorService& service, const Target& target);

}  // namespace sluice::door
