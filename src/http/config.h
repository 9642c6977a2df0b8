// SPDX-License-Identifier: Apache-2.0
// Bounds of the HTTP server, as settings.
#pragma once

#include "base/settings.h"

#include <cstdint>
#include <tuple>

namespace sluice::http {

struct Limits {
  Bytes header{16 << 10};
  std::uint32_t connections = 512;
  Duration header_time{10'000};
  Duration idle_time{60'000};
  Duration stop_time{5'000};
};

inline constexpr std::tuple limit_settings{
    setting("http.max_header", &Limits::header, 1_KiB, 1_MiB, Reload::no,
            "Length of a request's first line and all its headers."),
    setting("http.max_connections", &Limits::connections, 1, 100'000, Reload::no,
            "Connections of the HTTP service; more are answered 503 and closed."),
    setting("http.header_timeout", &Limits::header_time, Duration(100), Duration(600'000),
            Reload::no, "From the first byte of a request to the end of its headers."),
    setting("http.idle_timeout", &Limits::idle_time, Duration(100), Duration(3'600'000), Reload::no,
            "Between requests, and for a whole body or a whole response."),
    setting("http.stop_timeout", &Limits::stop_time, Duration(0), Duration(600'000), Reload::no,
            "How long running requests may go on when the server stops."),
};

}  // namespace sluice::http
