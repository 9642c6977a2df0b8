// SPDX-License-Identifier: Apache-2.0
// Settings of a pool: the directory it exports and what it promises about uploads, checksums and
// checkpoints.
#pragma once

#include "base/units.h"

#include <cstdint>
#include <string>

namespace sluice::pool {

// When an upload is forced to the disk. A killed server loses nothing that was acknowledged under
// any of them, because the kernel keeps the pages; they differ in what a power cut takes.
enum class SyncPolicy : std::uint8_t {
  never,   // the kernel writes when it likes
  commit,  // file and directory are on the disk before close is acknowledged
  always,  // commit, and every acknowledged write is on the disk too
};

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

}  // namespace sluice::pool
