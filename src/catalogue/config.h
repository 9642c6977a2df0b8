// SPDX-License-Identifier: Apache-2.0
// Settings of the catalogue: which database it is in, and how long a call waits for it.
#pragma once

#include "base/settings.h"
#include "base/units.h"

#include <cstdint>
#include <string>
#include <tuple>

namespace sluice::catalogue {

struct CatalogueConfig {
  std::string url;
  std::uint32_t connections = 8;
  Duration patience{10'000};
  std::uint32_t cached_names = 50'000;
  Duration cache_age{5'000};
};

inline constexpr std::tuple catalogue_settings{
    setting("catalogue.url", &CatalogueConfig::url, Reload::no,
            "Where the catalogue is: \"sqlite:/path/of/file\" for one machine, "
            "\"postgresql://user@host/database\" (15 or newer) for several."),
    setting("catalogue.connections", &CatalogueConfig::connections, 1U, 1000U, Reload::no,
            "Connections to the database that are used at the same time; requests beyond wait."),
    setting("catalogue.patience", &CatalogueConfig::patience, Duration{100}, Duration{600'000},
            Reload::no,
            "How long a request waits for a connection, for a lock, or for a database that is "
            "restarting, before it fails."),
    setting(
        "catalogue.cached_names", &CatalogueConfig::cached_names, 0U, 100'000'000U, Reload::no,
        "How many names a door keeps in memory, to answer without the database: about 1 KiB each. "
        "0: none. Changes by other processes are told through PostgreSQL at once."),
    setting(
        "catalogue.cache_age", &CatalogueConfig::cache_age, Duration{10}, Duration{3'600'000},
        Reload::no,
        "For how long a kept name is believed; that bounds how long a change stays unseen whose "
        "author died before telling it."),
};

}  // namespace sluice::catalogue
