// SPDX-License-Identifier: Apache-2.0
// Settings of a pool: the directory it exports and what it promises about uploads, checksums and
// checkpoints.
#pragma once

#include "base/settings.h"

#include <array>
#include <cstdint>
#include <string>
#include <tuple>

namespace sluice::pool {

// When an upload is forced to the disk. A killed server loses nothing that was acknowledged under
// any of them, because the kernel keeps the pages; they differ in what a power cut takes.
enum class SyncPolicy : std::uint8_t {
  never,   // the kernel writes when it likes
  commit,  // file and directory are on the disk before close is acknowledged
  always,  // commit, and every acknowledged write is on the disk too
};

constexpr std::array<EnumName<SyncPolicy>, 3> names_of(SyncPolicy) {
  return {{{SyncPolicy::never, "never"},
           {SyncPolicy::commit, "commit"},
           {SyncPolicy::always, "always"}}};
}

struct PoolConfig {
  std::string export_directory;
  bool read_only = false;
  SyncPolicy sync = SyncPolicy::never;
  // What stays of a plain (not posc) upload whose connection is lost before close. True is what
  // stock servers do, and what a client that continues a broken copy needs; posc uploads vanish
  // always.
  bool keep_partial = true;
  // Adler-32 of uploads that arrive in order is computed on the way and stored at close.
  bool checksum_on_write = true;
  Bytes checkpoint_limit{
      104'857'604};       // smallest maximum the protocol allows a server that has checkpoints
  std::string site_name;  // answer to `query config sitename`; empty: not configured
};

inline constexpr std::tuple pool_settings{
    setting("pool.export", &PoolConfig::export_directory, Reload::no,
            "Directory that clients see. Empty: \"export\" below serve.data."),
    setting("pool.read_only", &PoolConfig::read_only, Reload::no,
            "Refuse everything that would change the directory."),
    setting("pool.sync", &PoolConfig::sync, Reload::no,
            "When an upload is forced to the disk: never, with its close (commit), or with every "
            "write (always). A killed "
            "server loses nothing that was acknowledged under any of them; they differ in what a "
            "power cut takes."),
    setting("pool.keep_partial", &PoolConfig::keep_partial, Reload::no,
            "What was written of a plain upload stays when its connection is lost before close, so "
            "that the client can "
            "continue. Uploads with posc vanish always."),
    setting(
        "pool.checksum_on_write", &PoolConfig::checksum_on_write, Reload::no,
        "Compute the Adler-32 of uploads that arrive in order on the way and store it at close."),
    setting("pool.checkpoint_limit", &PoolConfig::checkpoint_limit, Bytes{104'857'604}, 1_TiB,
            Reload::no, "Bytes that the undo log of one checkpoint may hold."),
    setting("pool.site_name", &PoolConfig::site_name, Reload::no,
            "Answer to `query config sitename`."),
};

}  // namespace sluice::pool
