// SPDX-License-Identifier: Apache-2.0
// Checksums of files in the tree, kept in one extended attribute of the file and never believed
// when the file may have changed since (README.md explains the rule). Everything here reads files
// and blocks: it belongs into the blocking pool.
#pragma once

#include "base/result.h"
#include "disk/file_stat.h"
#include "disk/logical_path.h"
#include "disk/volume.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::disk {

class FileTree;

// The checksums that a file carries and that are still true. One attribute holds all types, because
// writing a second attribute would change the file's change time and with it devalue the first.
class StoredChecksums {
 public:
  static constexpr const char* attribute = "user.sluice.checksums";

  StoredChecksums() = default;
  static StoredChecksums of_fd(int fd, const FileStat& stat);

  bool empty() const { return sums_.empty(); }
  const std::vector<std::pair<std::string, std::string>>& all() const { return sums_; }
  std::optional<std::string> find(std::string_view type) const;
  void put(std::string_view type, std::string hex);

  // Writes them, good for a file of this size and modification time only. The caller knows that no
  // write that may still come can leave the modification time as it is. Without extended attributes
  // nothing is stored.
  void save(int fd, const FileStat& stat, const Volume& volume) const;

  // After an own change of name, mode or attributes: the contents are the same, the change time is
  // not.
  void renew(int fd) const;

 private:
  static StoredChecksums parse(std::string_view text, const FileStat& stat);
  std::string text(const FileStat& stat, std::int64_t changed_before_ns) const;

  std::vector<std::pair<std::string, std::string>> sums_;
};

// Forgets what is stored: called before the first write.
void drop_checksums(int fd);

// After an upload whose sum is known from its stream: moves the modification time just below the
// present, so that every later write must change it. The stat to save with, or nothing when the
// file system's stamps are too coarse.
std::optional<FileStat> settle_modification_time(int fd);

// The stored sum or the computed one, which is then stored when `may_store`. A file that changes
// while it is read is Errc::conflict; a set `cancelled` ends the work with Errc::cancelled within
// one read of 1 MiB.
Result<std::string> file_checksum(int fd, std::string_view type, const Volume& volume,
                                  bool may_store, const std::atomic<bool>* cancelled,
                                  std::string_view object);

// The same by path. A file that is being written is Errc::locked.
Result<std::string> checksum_of(FileTree& tree, const LogicalPath& path, std::string_view type,
                                const std::atomic<bool>* cancelled = nullptr);

// Only what is stored, for listings: nothing is computed.
std::optional<std::string> stored_checksum(int directory, const char* name, const FileStat& stat,
                                           std::string_view type);

}  // namespace sluice::disk
