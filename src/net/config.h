// SPDX-License-Identifier: Apache-2.0
// Settings of the runtime and the listeners.
#pragma once

#include "base/settings.h"

#include <cstdint>
#include <tuple>

namespace sluice::net {

struct NetConfig {
  std::uint32_t loops = 0;
  std::uint32_t backlog = 1024;
  std::uint32_t blocking_threads = 16;
  std::uint32_t blocking_queue = 65536;
  std::uint32_t max_connections = 20000;
  Bytes memory_limit{1ULL << 30};
  bool proxy_protocol = false;
  Duration shutdown_deadline{10'000};
};

inline constexpr std::tuple net_settings{
    setting("net.loops", &NetConfig::loops, 0, 256, Reload::no,
            "Event loops, each with a thread of its own. 0: one per core, at least four."),
    setting("net.backlog", &NetConfig::backlog, 1, 65535, Reload::no,
            "Connections the kernel holds until they are accepted."),
    setting("net.blocking_threads", &NetConfig::blocking_threads, 1, 1024, Reload::no,
            "Threads for work that may block: directory scans, commits to disk, checksums, cold "
            "reads."),
    setting("net.blocking_queue", &NetConfig::blocking_queue, 16, 1'000'000, Reload::no,
            "Blocking jobs that may wait for a thread; more are refused as overload."),
    setting("net.max_connections", &NetConfig::max_connections, 1, 1'000'000, Reload::yes,
            "Client connections of the process; more are closed at once."),
    setting("net.memory_limit", &NetConfig::memory_limit, 16_MiB, 64_TiB, Reload::no,
            "Memory that all connections may hold for long requests and for answers that clients "
            "do not take. Over it "
            "connections wait."),
    setting("net.proxy_protocol", &NetConfig::proxy_protocol, Reload::no,
            "Every connection begins with a HAProxy PROXY header, version 1 or 2, as a load "
            "balancer sends it."),
    setting("net.shutdown_deadline", &NetConfig::shutdown_deadline, Duration(0),
            Duration(3'600'000), Reload::yes, "How long running requests may go on after SIGTERM."),
};

}  // namespace sluice::net
