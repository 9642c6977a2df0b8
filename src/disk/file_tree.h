// SPDX-License-Identifier: Apache-2.0
// An exported directory: everything a client can do to names. All calls are thread-safe and block
// for as long as the file system does (is_fast() tells whether they may run on a loop). No path
// leads out of the directory: see beneath.h.
#pragma once

#include "base/account_names.h"
#include "base/fd.h"
#include "base/result.h"
#include "disk/config.h"
#include "disk/file_stat.h"
#include "disk/journal.h"
#include "disk/lock_table.h"
#include "disk/logical_path.h"
#include "disk/volume.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::disk {

class OpenFile;
struct OpenMode;

class FileTree : public std::enable_shared_from_this<FileTree> {
 public:
  // Opens config.export_directory and repairs what a killed server left behind. Fails where openat2
  // or /proc is missing.
  static Result<std::shared_ptr<FileTree>> open(DiskConfig config);
  ~FileTree();
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;

  const DiskConfig& config() const { return config_; }
  const Volume& volume() const { return volume_; }
  bool is_fast() const { return volume_.is_fast; }
  bool is_read_only() const { return config_.read_only; }

  // Links are followed as long as they stay in the tree.
  Result<FileStat> stat(const LogicalPath& path) const;
  Result<Space> space(const LogicalPath& path) const;
  // What this process may do, which is what a client may do until access rights are checked.
  bool may_read(const FileStat& stat) const;
  bool may_write(const FileStat& stat) const;
  bool may_execute(const FileStat& stat) const;
  // Names of this machine's own accounts, numbers for all others.
  std::string user_name(uid_t user) const;
  std::string group_name(gid_t group) const;

  // See open_file.h.
  Result<std::shared_ptr<OpenFile>> open_file(const LogicalPath& path, const OpenMode& mode);

  // With `parents` the directories above are made too and an existing directory is no error.
  Status make_directory(const LogicalPath& path, mode_t mode, bool parents);
  Status remove_file(const LogicalPath& path);
  Status remove_directory(const LogicalPath& path);
  // Never overwrites: an existing target is Errc::exists. Directories above the target are made, as
  // stock servers do.
  Status move(const LogicalPath& from, const LogicalPath& to);
  Status change_mode(const LogicalPath& path, mode_t mode);
  // A file that is being written is Errc::locked.
  Status truncate(const LogicalPath& path, std::uint64_t size);

  // The rest serves the other files of this module.

  // A descriptor for attributes, listing and space: no right to read or write.
  Result<Fd> open_path(const LogicalPath& path, int flags) const;
  // The directory above `path`, for *at calls on path.name(). With `make` it is made when it is
  // missing.
  Result<Fd> open_parent(const LogicalPath& path, bool make) const;
  // The same as a borrowed descriptor, valid until this thread calls again; may be one clock tick
  // (1 to 10 ms) old.
  Result<int> cached_parent(const LogicalPath& path) const;
  Status check_writable() const;
  int root() const { return root_.get(); }
  LockTable& locks() { return locks_; }
  const Journal& journal() const { return journal_; }

 private:
  FileTree(DiskConfig config, Fd root, Volume volume);

  Result<Fd> make_directories(std::string_view relative, mode_t mode) const;
  bool may(const FileStat& stat, mode_t owner_bit) const;
  void forget_parents() { generation_.fetch_add(1, std::memory_order_release); }

  const DiskConfig config_;
  const Fd root_;
  const Volume volume_;
  const std::uint64_t id_;  // of this object among all that ever were in this process
  std::atomic<std::uint64_t> generation_{
      0};  // counts what makes a cached parent wrong: our own mv and rmdir
  const uid_t user_;
  const std::vector<gid_t> groups_;
  const AccountNames accounts_;
  LockTable locks_;
  Journal journal_;
};

}  // namespace sluice::disk
