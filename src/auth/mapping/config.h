// SPDX-License-Identifier: Apache-2.0
// Settings of the mapping from what a client proved to who it is here.
#pragma once

#include "base/settings.h"
#include "base/units.h"

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::auth {

struct MappingConfig {
  std::vector<std::string> mapping = {};
  std::vector<std::string> ban = {};
  Duration cache_lifetime{300'000};
  std::uint32_t cache_size = 500;
  bool operator==(const MappingConfig&) const = default;
};

inline constexpr std::tuple mapping_settings{
    setting("auth.mapping", &MappingConfig::mapping, Reload::yes,
            "Rules that say who a client is, one each: methods (gsi, token, sss, krb5 ..., or * "
            "for all), conditions that must all hold (dn=, fqan=, vo=, "
            "issuer=, subject=, group=, user=, principal=, realm=, gridmap=FILE, vo-map=FILE, "
            "account), \"->\", and what follows (user=, group=, name=, root=, home=, read-only, "
            "superuser, anonymous, deny). The first rule that holds decides; whom none fits is "
            "anonymous. docs/reference/mapping.md has examples, `sluice auth explain` shows what "
            "the rules make of somebody."),
    setting("auth.ban", &MappingConfig::ban, Reload::yes,
            "Who is refused before any rule is asked: methods and conditions as in auth.mapping, "
            "or file=FILE with one of them, or one DN, on each line. Files are read again when "
            "they changed."),
    setting("auth.cache_lifetime", &MappingConfig::cache_lifetime, Duration(0),
            Duration(86'400'000), Reload::yes,
            "How long an account of this machine, once looked up for a mapping, is believed."),
    setting("auth.cache_size", &MappingConfig::cache_size, 0, 1'000'000, Reload::yes,
            "How many of them are remembered."),
};

}  // namespace sluice::auth
