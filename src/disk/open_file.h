// SPDX-License-Identifier: Apache-2.0
// What a handle refers to: a file opened for reading, or an upload with everything it needs to
// appear (close) or to vanish (connection lost). The calls that read or write bytes use fd()
// directly and tell wrote() what they did.
//
//   how it was opened   during the upload             connection lost or server killed
//   new, posc           nothing under the name        nothing; the name stays free
//   overwrite, posc     the old file                  the old file
//   new                 grows under its name          what was written stays, or is removed
//                                                     (keep_partial)
//   overwrite           grows, the old file is gone   the same
//   update, append      changed in place              what was written stays
//
// A killed server cannot remove: there partial files of plain uploads stay whatever keep_partial
// says.
#pragma once

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"
#include "disk/file_stat.h"
#include "disk/file_tree.h"
#include "disk/file_watch.h"
#include "disk/filler.h"
#include "disk/page_errors.h"
#include "xroot/server/service.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace sluice::disk {

class Checkpoint;
struct Upload;

struct OpenMode {
  enum class Access : std::uint8_t {
    none,  // there to be looked at; its bytes cannot be had
    read,
    write,
    read_write
  };
  enum class Create : std::uint8_t {
    never,      // must exist
    always,     // must not exist
    overwrite,  // made when missing, emptied when there
    missing,    // made when missing, kept when there (append)
  };
  Access access = Access::read;
  Create create = Create::never;
  mode_t mode = 0;          // permission bits of a new file; 0: 0644
  bool on_success = false;  // posc: appears at close; ignored where nothing is created or replaced
  bool force = false;       // beside another writer
  std::uint64_t expected_size =
      0;  // what the client says it will send (oss.asize); more than fits is refused at once

  bool writes() const { return access == Access::write || access == Access::read_write; }
};

class OpenFile : public xroot::server::File {
 public:
  // Use FileTree::open_file().
  OpenFile(std::shared_ptr<FileTree> tree, std::string path, Fd fd, FileStat stat,
           OpenMode::Access access);
  // A file that was not closed is given up: see the table above. Blocks for uploads
  // (slow_to_close()).
  ~OpenFile() override;

  bool slow_to_close() const override { return upload_ != nullptr; }

  int fd() const { return fd_.get(); }
  const std::string& path() const { return name_; }
  std::string_view label() const override { return name_; }
  FileTree& tree() const { return *tree_; }
  bool is_readable() const {
    return access_ == OpenMode::Access::read || access_ == OpenMode::Access::read_write;
  }
  bool is_writable() const { return upload_ != nullptr; }
  bool is_pending() const;  // an upload that is not visible yet

  // At once after opening, before anybody else has the file. `name` is what errors call it.
  void watch_by(std::unique_ptr<FileWatch> watch, std::string name) {
    watch_ = std::move(watch);
    name_ = std::move(name);
  }
  // Something that shall end with the file.
  void keep(std::shared_ptr<const void> companion) { companion_ = std::move(companion); }
  void fill_by(std::shared_ptr<Filler> filler) { filler_ = std::move(filler); }
  Filler* filler() const { return filler_.get(); }
  FileWatch* watch() const { return watch_.get(); }
  bool is_revoked() const { return watch_ && watch_->revoked(); }
  // Bytes that a reader got; writes are counted by wrote().
  void served(std::uint64_t bytes) const {
    totals.read.fetch_add(bytes, std::memory_order_relaxed);
    if (watch_) watch_->moved(bytes);
  }

  // As it was when the file was opened.
  const FileStat& opened_stat() const { return opened_; }
  // As it is now; one system call.
  Result<FileStat> stat() const;

  // Ends the file. For an upload this is the commit: pages repaired, data and name on the disk as
  // the settings demand, checksum stored, published. After an error the upload is given up. Blocks.
  Status close();

  // To be called for everything that was written, before it is acknowledged. `bytes` feed the
  // checksum that is computed on the way while they come in order; wrote_unseen() is for bytes that
  // never were in memory (splice, clone).
  void wrote(std::uint64_t offset, ByteView bytes);
  void wrote_unseen(std::uint64_t offset, std::uint64_t size);

  Status truncate(std::uint64_t size);
  Status sync();

  // Page bookkeeping of kXR_pgwrite; only for writable files.
  PageErrors& page_errors();

  // The undo log of kXR_chkpoint; null while there is none. Closing the file without a commit rolls
  // back. Not writable: Errc::not_authorized; a second begin: Errc::exists; an end without begin:
  // Errc::not_found.
  Status begin_checkpoint();
  Status end_checkpoint(bool commit);
  Checkpoint* checkpoint() const;

 private:
  friend class FileOpener;

  void count_written(std::uint64_t bytes);
  Status commit();
  void give_up();

  const std::shared_ptr<FileTree> tree_;  // outlives the claims of upload_
  const std::string path_;
  std::string name_;
  Fd fd_;
  FileStat opened_;
  const OpenMode::Access access_;
  std::unique_ptr<Upload> upload_;
  std::unique_ptr<FileWatch> watch_;
  std::shared_ptr<const void> companion_;
  std::shared_ptr<Filler> filler_;
};

}  // namespace sluice::disk
