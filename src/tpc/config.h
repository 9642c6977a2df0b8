// SPDX-License-Identifier: Apache-2.0
// Settings of third-party copies.
#pragma once

#include "base/settings.h"
#include "base/units.h"

#include <cstdint>
#include <tuple>

namespace sluice::tpc {

struct TpcConfig {
  Duration rendezvous_lifetime{60'000};
  Duration rendezvous_wait{10'000};
  bool check_destination = true;
  bool strict_origin = false;
  bool require_tls = false;
  Duration response_timeout{30'000};
  std::uint32_t most_copies = 100;
};

inline constexpr std::tuple tpc_settings{
    setting(
        "tpc.rendezvous_lifetime", &TpcConfig::rendezvous_lifetime, Duration(1'000),
        Duration(3'600'000), Reload::no,
        "How long a destination may take to come for a file, after whoever started the copy has "
        "announced it. A shorter tpc.ttl of the client counts."),
    setting("tpc.rendezvous_wait", &TpcConfig::rendezvous_wait, Duration(0), Duration(600'000),
            Reload::no,
            "How long a destination that comes first waits for the announcement of its copy."),
    setting("tpc.check_destination", &TpcConfig::check_destination, Reload::no,
            "The destination must come from an address of the host that was announced. No: where "
            "its addresses are translated on the way; the key of the copy alone counts then."),
    setting(
        "tpc.strict_origin", &TpcConfig::strict_origin, Reload::no,
        "The destination must have seen whoever started the copy at an address that this server "
        "sees too. No: the same user and process are enough, since clients with more than one "
        "address differ from server to server."),
    setting("tpc.require_tls", &TpcConfig::require_tls, Reload::no,
            "Files are fetched over TLS only, also where whoever started the copy does not ask for "
            "that."),
    setting("tpc.response_timeout", &TpcConfig::response_timeout, Duration(1'000),
            Duration(3'600'000), Reload::no,
            "A source that gives no sign for so long is lost; the copy fails if it does not come "
            "back."),
    setting("tpc.most_copies", &TpcConfig::most_copies, 0, 10'000, Reload::no,
            "How many files are fetched at once; each takes up to 8 MiB of memory. Further copies "
            "are told "
            "to come later. 0: none, this server is no destination."),
};

}  // namespace sluice::tpc
