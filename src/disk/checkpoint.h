// SPDX-License-Identifier: Apache-2.0
// kXR_chkpoint: an undo log of one open file. Before bytes are overwritten or cut off, protect()
// saves them in a note of the journal, so that rollback, a lost connection or the next start after
// a crash can put them back.
#pragma once

#include "base/result.h"
#include "disk/config.h"
#include "disk/file_stat.h"
#include "disk/journal.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace sluice::disk {

class Checkpoint {
 public:
  static constexpr std::string_view note_kind = "checkpoint";

  // Of the file behind `fd`, which must outlive the checkpoint; `relative` is its path in the tree.
  static Result<std::unique_ptr<Checkpoint>> begin(const Journal& journal, int fd,
                                                   std::string_view relative,
                                                   const DiskConfig& config);

  // Call these before the change they name. Beyond the limit of the settings: Errc::quota, and
  // nothing is changed.
  Status protect_write(std::uint64_t offset, std::uint64_t size);
  Status protect_truncate(std::uint64_t size);

  // The changes stay; the log is removed.
  Status commit();
  // The file becomes what it was at begin(); the log is removed.
  Status rollback();

  std::uint64_t used() const { return used_; }
  std::uint64_t limit() const { return limit_; }

 private:
  Checkpoint(Journal::Note note, int fd, std::uint64_t size, std::uint64_t limit, SyncPolicy sync)
      : note_(std::move(note)), fd_(fd), size_(size), limit_(limit), sync_(sync) {}
  Status save(std::uint64_t offset, std::uint64_t size);

  Journal::Note note_;
  int fd_;
  std::uint64_t size_;  // of the file at begin()
  std::uint64_t limit_;
  SyncPolicy sync_;
  std::uint64_t used_ = 0;  // bytes saved
  std::uint64_t log_end_ = 0;
};

// What a log says about its file.
struct CheckpointSubject {
  FileKey file;
  std::uint64_t size = 0;
  std::string relative;
};
Result<CheckpointSubject> read_checkpoint(int log);

// Puts the saved bytes and the size back. A record that was cut off by the crash is one whose write
// never began.
Status roll_back(int log, int fd, const CheckpointSubject& subject);

}  // namespace sluice::disk
