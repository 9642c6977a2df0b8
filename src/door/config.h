// SPDX-License-Identifier: Apache-2.0
// Settings of a door: who may do what, and how it sends clients to pools.
#pragma once

#include "base/settings.h"
#include "base/units.h"

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::door {

// What clients may do of whom nothing is known.
enum class Anonymous : std::uint8_t { automatic, none, read_only, full };

constexpr std::array<EnumName<Anonymous>, 4> names_of(Anonymous) {
  return {{{Anonymous::automatic, "auto"},
           {Anonymous::none, "none"},
           {Anonymous::read_only, "readonly"},
           {Anonymous::full, "full"}}};
}

struct DoorConfig {
  bool read_only = false;
  std::vector<std::string> read_paths = {"/"};
  std::vector<std::string> write_paths = {"/"};
  Anonymous anonymous = Anonymous::automatic;
  std::string anonymous_user = "auto";
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
    setting("door.read_only", &DoorConfig::read_only, Reload::no,
            "Refuse everything that would change a file or a name, whoever asks."),
    setting("door.read_paths", &DoorConfig::read_paths, Reload::no,
            "Directories below which clients may read; everything else is refused."),
    setting("door.write_paths", &DoorConfig::write_paths, Reload::no,
            "Directories below which clients may change something; everything else is refused."),
    setting("door.anonymous", &DoorConfig::anonymous, Reload::no,
            "What clients may do that did not prove who they are: \"none\", \"readonly\", "
            "\"full\". \"auto\" is full where "
            "the door listens on loopback only, and none elsewhere."),
    setting("door.anonymous_user", &DoorConfig::anonymous_user, Reload::no,
            "As whom they do it: \"nobody\" has the rights of others, \"root\" all, "
            "UID:GID[,GID...] those of that account. "
            "\"auto\" is root where the door listens on loopback only, and nobody elsewhere."),
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
