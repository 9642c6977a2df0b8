// SPDX-License-Identifier: Apache-2.0
// On whose behalf a file is open, where that is more than the client: the mover of a pool, which counts what moves, may be
// ended by an operator, and lets an upload count only when the catalogue knows it.
#pragma once

#include "base/result.h"
#include "disk/checksums.h"
#include "disk/file_stat.h"

#include <cstdint>

namespace sluice::disk {

// Ends with the file. revoked() and moved() are called for every request and must be cheap; the others may block.
class FileWatch {
 public:
  FileWatch() = default;
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  virtual ~FileWatch() = default;

  // Nothing more is read or written through this handle.
  virtual bool revoked() const = 0;
  virtual void moved(std::uint64_t bytes) = 0;

  // What an upload goes through: verify() when all bytes are there and nobody sees them yet, published() once they have
  // their name. An error of either fails the close; abandoned() comes instead of published(), or after its failure.
  virtual Status verify(int fd, const FileStat& stat, StoredChecksums& sums) = 0;
  virtual Status published(const FileStat& stat, const StoredChecksums& sums) = 0;
  virtual void abandoned() = 0;
};

}  // namespace sluice::disk
