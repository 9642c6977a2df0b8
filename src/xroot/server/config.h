// SPDX-License-Identifier: Apache-2.0
// Settings of every xroot server, whatever it stores.
#pragma once

#include "base/settings.h"
#include "base/units.h"

#include <array>
#include <cstdint>
#include <string>
#include <tuple>

namespace sluice::xroot::server {

struct ServerConfig {
  Duration hello_timeout{10'000};
  Duration frame_timeout{30'000};
  Duration stall_timeout{60'000};
  Duration idle_timeout{300'000};
  Bytes max_frame{64ULL << 20};
  Bytes frame_size{8ULL << 20};
  Bytes turn{512ULL << 10};
  Bytes sendfile_from{16ULL << 10};
  bool splice = true;
  std::uint32_t max_outstanding = 512;
  std::uint32_t max_files = 4096;
  std::uint32_t max_streams = 15;
  Duration deferral{2'500};
  std::uint32_t deferral_promise = 1800;
  std::uint32_t sign_level = 0;   // sign.level or pool.sign.level
  bool sign_without_key = false;  // sign.force or pool.sign.force
};

struct SigningConfig {
  std::uint32_t level = 0;
  bool force = false;
  std::uint32_t pool_level = 0;
  bool pool_force = false;
};

// Which requests have lines of their own in the access log: all, or all but those that move data.
enum class LoggedRequests : std::uint8_t { files, all };

constexpr std::array<EnumName<LoggedRequests>, 2> names_of(LoggedRequests) {
  return {{{LoggedRequests::files, "files"}, {LoggedRequests::all, "all"}}};
}

struct AccessLogConfig {
  std::string file;
  LoggedRequests requests = LoggedRequests::files;
};

inline constexpr std::tuple access_log_settings{
    setting("access_log.file", &AccessLogConfig::file, Reload::no,
            "File that gets a line for every connection and request, in the format of the log. It "
            "is opened again on SIGHUP, so that it can be rotated. Empty: none."),
    setting("access_log.requests", &AccessLogConfig::requests, Reload::no,
            "\"files\": reads and writes that went well are not in the access log one by one, but "
            "as totals where their file is closed. \"all\": each has a line too."),
};

inline constexpr std::tuple signing_settings{
    setting("sign.level", &SigningConfig::level, 0, 4, Reload::no,
            "Which requests clients must sign on connections without TLS, so that nobody on the "
            "way can change them: 0 none, 1 those that change names, 2 opens too, 3 also data "
            "and closes, 4 all."),
    setting("sign.force", &SigningConfig::force, Reload::no,
            "Clients of methods without a key (all but gsi) sign too, with a hash that anybody "
            "can make. Else nothing is asked of them."),
    setting("pool.sign.level", &SigningConfig::pool_level, 0, 4, Reload::no,
            "The same as sign.level for pools. Clients have no key there: nothing is signed "
            "without pool.sign.force."),
    setting("pool.sign.force", &SigningConfig::pool_force, Reload::no,
            "The same as sign.force for pools."),
};

inline constexpr std::tuple server_settings{
    setting("xroot.hello_timeout", &ServerConfig::hello_timeout, Duration(100), Duration(600'000),
            Reload::no, "From the accepted connection to the end of the login."),
    setting("xroot.frame_timeout", &ServerConfig::frame_timeout, Duration(100), Duration(3'600'000),
            Reload::no, "Between the first and the last byte of a request."),
    setting("xroot.stall_timeout", &ServerConfig::stall_timeout, Duration(100),
            Duration(86'400'000), Reload::no,
            "A connection with data under way that makes no progress for so long is closed."),
    setting("xroot.idle_timeout", &ServerConfig::idle_timeout, Duration(1'000),
            Duration(86'400'000), Reload::no,
            "A connection without requests and without open files is closed after this."),
    setting("xroot.max_frame", &ServerConfig::max_frame, 1_MiB, 2047_MiB, Reload::no,
            "Longest write request. However long, no more than a small buffer of it is ever in "
            "memory."),
    setting("xroot.frame_size", &ServerConfig::frame_size, 128_KiB, 1_GiB, Reload::no,
            "Longest answer frame of a read; longer reads are answered in several frames."),
    setting("xroot.turn", &ServerConfig::turn, 64_KiB, 1_GiB, Reload::no,
            "Bulk data moved for one connection before the others of its loop have their turn."),
    setting("xroot.sendfile_from", &ServerConfig::sendfile_from, 4_KiB, 64_KiB, Reload::no,
            "Reads of at least this size leave the page cache without a copy; shorter ones are "
            "copied and sent together."),
    setting("xroot.splice", &ServerConfig::splice, Reload::no,
            "Writes reach the page cache through a pipe instead of a buffer."),
    setting("xroot.max_outstanding", &ServerConfig::max_outstanding, 1, 65536, Reload::no,
            "Requests of one connection that are served at the same time; the others wait in the "
            "network."),
    setting("xroot.max_files", &ServerConfig::max_files, 1, 65536, Reload::no,
            "Open files of one connection."),
    setting("xroot.max_streams", &ServerConfig::max_streams, 0, 15, Reload::no,
            "Parallel streams a client may bind to its session; 0 switches them off."),
    setting("xroot.deferral", &ServerConfig::deferral, Duration(500), Duration(60'000), Reload::no,
            "An answer that takes longer is announced to clients that understand it, so that they "
            "do not give up."),
    setting("xroot.deferral_promise", &ServerConfig::deferral_promise, 10, 86400, Reload::no,
            "Seconds such an announcement promises at most."),
};

}  // namespace sluice::xroot::server
