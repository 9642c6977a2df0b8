// SPDX-License-Identifier: Apache-2.0
// Settings of a pool: the directory it exports and what it promises about uploads, checksums and
// checkpoints.
#pragma once

#include "base/settings.h"
#include "base/units.h"

#include <array>
#include <cstdint>
#include <string>
#include <tuple>

namespace sluice::disk {

// When an upload is forced to the disk. A killed server loses nothing that was acknowledged under
// any of them, because the kernel keeps the pages; they differ in what a power cut takes.
enum class SyncPolicy : std::uint8_t { never, commit, always };

constexpr std::array<EnumName<SyncPolicy>, 3> names_of(SyncPolicy) {
  return {{{SyncPolicy::never, "never"},
           {SyncPolicy::commit, "commit"},
           {SyncPolicy::always, "always"}}};
}

struct DiskConfig {
  std::string export_directory;
  bool read_only = false;
  SyncPolicy sync = SyncPolicy::never;
  bool keep_partial = true;
  bool checksum_on_write = true;
  std::uint32_t checksum_threads = 4;
  Bytes checkpoint_limit{104'857'604};  // smallest maximum the protocol allows
  std::string site_name;
};

inline constexpr std::tuple disk_settings{
    setting("pool.export", &DiskConfig::export_directory, Reload::no,
            "Directory whose files clients see. Empty: \"export\" in the data directory."),
    setting("pool.read_only", &DiskConfig::read_only, Reload::no,
            "Refuse everything that would change a file or a name."),
    setting("pool.sync", &DiskConfig::sync, Reload::no,
            "When uploads are forced to the disk: \"never\" leaves it to the kernel (a power cut "
            "may take uploads of the last half minute, a killed server takes none), \"commit\" "
            "does it before a close is acknowledged, \"always\" before every write is."),
    setting("pool.keep_partial", &DiskConfig::keep_partial, Reload::no,
            "Keep what a plain upload wrote before its connection was lost, so that the client can "
            "continue it, as stock servers do. Uploads that ask to appear only when they are "
            "complete (posc) vanish in any case."),
    setting("pool.checksum_on_write", &DiskConfig::checksum_on_write, Reload::no,
            "Compute the Adler-32 of uploads on the way, where their bytes pass through memory in "
            "order."),
    setting("pool.checksum_threads", &DiskConfig::checksum_threads, 1, 256, Reload::no,
            "Files whose checksum is computed at the same time."),
    setting("pool.checkpoint_limit", &DiskConfig::checkpoint_limit, Bytes{104'857'604},
            Bytes{0xffff'ffff}, Reload::no,
            "Bytes that the changes of one checkpoint may overwrite."),
    setting("pool.site_name", &DiskConfig::site_name, Reload::no,
            "Answer to `query config sitename`. Empty: none."),
};

}  // namespace sluice::disk
