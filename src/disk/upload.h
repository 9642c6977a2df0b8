// SPDX-License-Identifier: Apache-2.0
// The part of an open file that only writers have: claims, the hidden file, the checksum of what
// came so far.
#pragma once

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"
#include "disk/checkpoint.h"
#include "disk/file_tree.h"
#include "disk/lock_table.h"
#include "disk/page_errors.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace sluice::disk {

// Adler-32 of a file that is written from its first byte to its last; any other order ends it.
class StreamedSum {
 public:
  explicit StreamedSum(bool enabled) : valid_(enabled) {}
  void feed(std::uint64_t offset, ByteView bytes);
  void lose() { valid_ = false; }
  // The file was cut or extended to `size`: only bytes that were counted already matter.
  void cut(std::uint64_t size) {
    if (size < next_) lose();
  }
  // The value if it covers exactly `size` bytes.
  std::optional<std::string> value(std::uint64_t size) const;

 private:
  bool valid_;
  std::uint64_t next_ = 0;  // offset of the byte that must come next
  std::uint32_t sum_ = 1;
};

// A file without a visible name that gets its final name at once and complete. Where the file
// system has O_TMPFILE it has no name at all before; else it has a reserved one, and a note in the
// journal that says what to remove.
class HiddenFile {
 public:
  static constexpr std::string_view note_kind = "upload";

  // In `parent`, to become `name` there. `directory` is the logical path of the parent, for the
  // journal.
  static Result<HiddenFile> make(const Journal& journal, int parent, std::string_view directory,
                                 int flags, mode_t mode, std::string_view object);

  // The way of file systems without O_TMPFILE.
  static Result<HiddenFile> make_named(const Journal& journal, int parent,
                                       std::string_view directory, int flags, mode_t mode,
                                       std::string_view object);

  int fd() const { return fd_.get(); }
  Fd take_fd() { return std::move(fd_); }
  // Gives `fd`, the file made here, its final name. Without `replace` an existing file is
  // Errc::exists.
  Status publish(int fd, const char* name, bool replace);
  // Removes what publish() did not use up.
  void discard();

 private:
  static Result<HiddenFile> prepare(const Journal& journal, int parent, std::string_view directory,
                                    std::string_view object);
  HiddenFile(const Journal& journal, Fd parent, std::string directory)
      : journal_(&journal), parent_(std::move(parent)), directory_(std::move(directory)) {}
  Status name_it(std::string_view object);
  Status link_new(int fd, const char* name) const;

  const Journal* journal_;
  Fd parent_;
  std::string directory_;
  Fd fd_;
  std::string hidden_name_;  // empty: it has no name
  Journal::Note note_;       // of the hidden name
};

struct Upload {
  // Members of one upload are used by the loop of the connection and, for calls that block, by one
  // thread of the pool.
  std::mutex mutex;
  bool finished = false;  // closed or given up
  bool is_new =
      false;  // all of its content is ours: removed when it fails, unless partial files are kept
  bool replaces = false;  // publishing it may replace a file
  Fd parent;
  std::string name;
  std::optional<HiddenFile> hidden;  // posc
  StreamedSum sum{false};
  PageErrors page_errors;
  std::unique_ptr<Checkpoint> checkpoint;
  LockTable::Claim place;
  LockTable::Claim file;
};

}  // namespace sluice::disk
