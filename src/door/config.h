// SPDX-License-Identifier: Apache-2.0
// Settings of a door: how it sends clients to pools.
#pragma once

#include "base/settings.h"
#include "base/units.h"

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::door {

struct DoorConfig {
  std::string queue;
  std::vector<std::string> selection;
  Duration capability_lifetime{300'000};
  Duration key_lifetime{86'400'000};
  Duration refresh{1'000};
  Duration patience{30'000};
  Duration lost_after{3'600'000};
  std::uint32_t hot_opens = 100;
};

inline constexpr std::tuple door_settings{
    setting("door.queue", &DoorConfig::queue, Reload::no,
            "Mover queue of the pools that this door's clients wait in. Empty: regular."),
    setting(
        "door.selection", &DoorConfig::selection, Reload::no,
        "Rules that say which pools are asked first, one each: conditions (read, write, "
        "path=/DIRECTORY, class=CLASS, net=ADDRESS/BITS; all must hold), \"->\", tags that the "
        "pools have (KEY=VALUE, all of them). Rules that hold are asked in their order, then "
        "all pools; \"only\" at the end of a rule lets it end there. `sluice admin match-pools` "
        "shows what they do."),
    setting("door.capability_lifetime", &DoorConfig::capability_lifetime, Duration(5'000),
            Duration(86'400'000), Reload::no,
            "How long a client may take from the redirect to its arrival at the pool."),
    setting("door.key_lifetime", &DoorConfig::key_lifetime, Duration(60'000),
            Duration(31'536'000'000), Reload::no,
            "How often the doors begin to sign with a new key. The one before is honoured as long "
            "again."),
    setting("door.refresh", &DoorConfig::refresh, Duration(50), Duration(60'000), Reload::no,
            "How often the door looks which pools there are and how loaded they are."),
    setting("door.lost_after", &DoorConfig::lost_after, Duration(1'000), Duration(31'536'000'000),
            Reload::no,
            "A pool that is silent for so long counts as lost: its files get copies elsewhere, as "
            "far as they have one."),
    setting("door.hot_opens", &DoorConfig::hot_opens, 0, 1'000'000'000, Reload::no,
            "A file that this door sends so many readers to within a minute gets a cached copy on "
            "another pool, if one has much less to do than those that have it. 0: never."),
    setting("door.patience", &DoorConfig::patience, Duration(0), Duration(3'600'000), Reload::no,
            "How long an open waits for a pool that could serve it before it fails."),
};

}  // namespace sluice::door
