// SPDX-License-Identifier: Apache-2.0
// Settings of a pool about its movers. Queues themselves are made while the program runs and kept by the catalogue.
#pragma once

#include "base/settings.h"

#include <cstdint>
#include <string>
#include <tuple>

namespace sluice::pool {

struct MoverConfig {
  std::uint32_t max_waiting = 10'000;  // about 10 MB
  std::string billing = {};
};

inline constexpr std::tuple mover_settings{
    setting("pool.max_waiting", &MoverConfig::max_waiting, 0, 1'000'000, Reload::no,
            "Opens that may wait in one mover queue; further ones are refused as overloaded."),
    setting("pool.billing", &MoverConfig::billing, Reload::no,
            "File that gets a line of JSON for every finished transfer. Empty: none."),
};

}  // namespace sluice::pool
