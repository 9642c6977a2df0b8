// SPDX-License-Identifier: Apache-2.0
// Settings of what clients may do, whoever they are.
#pragma once

#include "base/settings.h"

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::auth {

// What clients may do of whom nothing is known.
enum class Anonymous : std::uint8_t { automatic, none, read_only, full };

constexpr std::array<EnumName<Anonymous>, 4> names_of(Anonymous) {
  return {{{Anonymous::automatic, "auto"},
           {Anonymous::none, "none"},
           {Anonymous::read_only, "readonly"},
           {Anonymous::full, "full"}}};
}

struct AccessConfig {
  bool read_only = false;
  std::vector<std::string> read_paths = {"/"};
  std::vector<std::string> write_paths = {"/"};
  Anonymous anonymous = Anonymous::automatic;
  std::string anonymous_user = "auto";
  bool operator==(const AccessConfig&) const = default;
};

inline constexpr std::tuple access_settings{
    setting("access.read_only", &AccessConfig::read_only, Reload::yes,
            "Refuse everything that would change a file or a name, whoever asks."),
    setting("access.read_paths", &AccessConfig::read_paths, Reload::yes,
            "Directories below which clients may read; everything else is refused."),
    setting("access.write_paths", &AccessConfig::write_paths, Reload::yes,
            "Directories below which clients may change something; everything else is refused."),
    setting("access.anonymous", &AccessConfig::anonymous, Reload::yes,
            "What clients may do that did not prove who they are: \"none\", \"readonly\", "
            "\"full\". \"auto\" is full where the server listens on loopback only, and none "
            "elsewhere."),
    setting("access.anonymous_user", &AccessConfig::anonymous_user, Reload::yes,
            "As whom they do it at a door: \"nobody\" has the rights of others, \"root\" all, "
            "UID:GID[,GID...] those of that account. \"auto\" is root where the server listens on "
            "loopback only, and nobody elsewhere."),
};

}  // namespace sluice::auth
