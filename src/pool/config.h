// SPDX-License-Identifier: Apache-2.0
// Settings of a pool that keeps replicas for a catalogue; what concerns its disk is in disk/config.h.
#pragma once

#include "base/endpoint_range.h"
#include "base/settings.h"
#include "base/units.h"

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::pool {

struct PoolConfig {
  std::string name;
  std::vector<std::string> listen;
  std::string directory;
  std::vector<std::string> tags;
  Bytes keep_free{64ULL << 20};
  std::uint32_t high_watermark = 90;
  std::uint32_t low_watermark = 80;
  Duration heartbeat{5'000};
  Bytes scrub_rate{10ULL << 20};
  Duration scrub_period{30LL * 86'400'000};
};

inline constexpr std::tuple pool_settings{
    setting("pool.name", &PoolConfig::name, Reload::no,
            "Name of the pool in the catalogue, where it must be the only one. Empty: the name of "
            "the machine."),
    setting("pool.listen", &PoolConfig::listen, Reload::no,
            "Addresses of the pool, HOST:PORT or HOST:FIRST-LAST each, as those of serve.listen. "
            "Empty: the hosts of serve.listen with ports of the system's choice.",
            &check_endpoint_ranges),
    setting("pool.directory", &PoolConfig::directory, Reload::no,
            "Directory of the replicas. Empty: \"pool\" in the data directory."),
    setting("pool.tags", &PoolConfig::tags, Reload::no,
            "Words that rules of selection may ask for, KEY=VALUE each."),
    setting("pool.keep_free", &PoolConfig::keep_free, Bytes{0}, Bytes{1ULL << 50}, Reload::no,
            "Space of the file system that no upload is admitted to."),
    setting("pool.high_watermark", &PoolConfig::high_watermark, 1, 100, Reload::no,
            "Percent of the space in use from which on the pool deletes cached replicas, the "
            "oldest first. 100: only when nothing is free."),
    setting("pool.low_watermark", &PoolConfig::low_watermark, 0, 100, Reload::no,
            "Percent of the space in use at which it ends."),
    setting("pool.heartbeat", &PoolConfig::heartbeat, Duration(100), Duration(600'000), Reload::no,
            "How often the pool tells the catalogue that it lives, and looks for work there. Doors "
            "take a pool for gone "
            "after three times that."),
    setting("pool.scrub_rate", &PoolConfig::scrub_rate, Bytes{0}, Bytes{1ULL << 40}, Reload::yes,
            "Bytes per second that the pool reads of its replicas all the time, to find those that "
            "the disk has spoilt: each is compared with its checksums, and a wrong one is replaced "
            "from another copy. 0 B: it does not."),
    setting("pool.scrub_period", &PoolConfig::scrub_period, Duration(1'000),
            Duration(3650LL * 86'400'000), Reload::yes,
            "How often each replica is looked at in that way; what scrub_rate cannot do in that "
            "time takes longer."),
};

}  // namespace sluice::pool
