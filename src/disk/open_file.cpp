// SPDX-License-Identifier: Apache-2.0
// What happens to an open file; opening it is in file_opener.cpp.
#include "disk/open_file.h"

#include "disk/beneath.h"
#include "disk/checkpoint.h"
#include "disk/checksums.h"
#include "disk/disk_log.h"
#include "disk/upload.h"

#include <fcntl.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>

namespace sluice::disk {

OpenFile::OpenFile(std::shared_ptr<FileTree> tree, std::string path, Fd fd, FileStat stat,
                   OpenMode::Access access)
    : tree_(std::move(tree)),
      path_(std::move(path)),
      name_(path_),
      fd_(std::move(fd)),
      opened_(stat),
      access_(access) {}

OpenFile::~OpenFile() { give_up(); }

bool OpenFile::is_pending() const { return opened_.pending; }

Result<FileStat> OpenFile::stat() const {
  SLUICE_TRY(FileStat now, stat_fd(fd_.get(), name_));
  now.pending = opened_.pending;
  return now;
}

Status OpenFile::close() {
  if (!upload_) return {};
  Status done = filler_ ? filler_->end() : Status();
  if (done) done = commit();
  if (!done) give_up();
  return done;
}

Status OpenFile::commit() {
  std::lock_guard lock(upload_->mutex);
  Upload& upload = *upload_;
  if (upload.finished) return fail(Errc::not_open, name_);
  if (upload.page_errors.count() > 0) {
    return fail(Errc::checksum, name_ + ": " + std::to_string(upload.page_errors.count()) +
                                    " pages arrived with wrong checksums and were not sent again");
  }
  if (upload.checkpoint) SLUICE_CHECK(upload.checkpoint->rollback());
  upload.checkpoint.reset();
  bool durable = tree_->config().sync != SyncPolicy::never;
  if (durable && ::fsync(fd_.get()) != 0) return fail_errno(errno, name_);

  StoredChecksums sums;
  std::optional<FileStat> settled;
  SLUICE_TRY(FileStat stat, stat_fd(fd_.get(), name_));
  if (auto hex = upload.sum.value(stat.size)) sums.put("adler32", std::move(*hex));
  if (watch_) SLUICE_CHECK(watch_->verify(fd_.get(), stat, sums));
  if (!sums.empty()) settled = settle_modification_time(fd_.get());
  if (upload.hidden) {
    SLUICE_CHECK(upload.hidden->publish(fd_.get(), upload.name.c_str(), upload.replaces));
  }
  if (settled) sums.save(fd_.get(), *settled, tree_->volume());
  if (durable) {
    Fd directory(::openat(upload.parent.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return fail_errno(errno, name_);
  }
  if (watch_) SLUICE_CHECK(watch_->published(stat, sums));
  upload.finished = true;
  upload.file.release();
  upload.place.release();
  return {};
}

void OpenFile::give_up() {
  if (!upload_) return;
  std::lock_guard lock(upload_->mutex);
  Upload& upload = *upload_;
  if (std::exchange(upload.finished, true)) return;
  if (upload.checkpoint) {
    // Where this fails the note stays for the next start.
    if (Status undone = upload.checkpoint->rollback(); !undone) {
      disk_log.error("checkpoint.rollback_failed",
                     {{"path", name_}, {"error", undone.error().message()}});
    }
    upload.checkpoint.reset();
  }
  if (upload.hidden) {
    upload.hidden->discard();
  } else if (upload.is_new && !tree_->config().keep_partial) {
    auto named = stat_at(upload.parent.get(), upload.name.c_str(), name_);
    if (named && named->key == opened_.key) ::unlinkat(upload.parent.get(), upload.name.c_str(), 0);
  }
  if (watch_) watch_->abandoned();
  upload.file.release();
  upload.place.release();
}

void OpenFile::count_written(std::uint64_t bytes) {
  totals.written.fetch_add(bytes, std::memory_order_relaxed);
  if (watch_) watch_->moved(bytes);
}

void OpenFile::wrote(std::uint64_t offset, ByteView bytes) {
  count_written(bytes.size());
  std::lock_guard lock(upload_->mutex);
  upload_->sum.feed(offset, bytes);
}

void OpenFile::wrote_unseen(std::uint64_t, std::uint64_t size) {
  if (size == 0) return;
  count_written(size);
  std::lock_guard lock(upload_->mutex);
  upload_->sum.lose();
}

Status OpenFile::truncate(std::uint64_t size) {
  if (!upload_) return fail(Errc::not_authorized, name_ + " is open for reading only");
  if (size > INT64_MAX) return fail(Errc::invalid_argument, "size is too large");
  std::lock_guard lock(upload_->mutex);
  if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return fail_errno(errno, name_);
  upload_->sum.cut(size);
  upload_->page_errors.cut(size);
  return {};
}

Status OpenFile::sync() {
  if (upload_ && ::fdatasync(fd_.get()) != 0) return fail_errno(errno, name_);
  return {};
}

PageErrors& OpenFile::page_errors() {
  assert(upload_);
  return upload_->page_errors;
}

Status OpenFile::begin_checkpoint() {
  if (!upload_) return fail(Errc::not_authorized, name_ + " is open for reading only");
  std::lock_guard lock(upload_->mutex);
  if (upload_->checkpoint) return fail(Errc::exists, name_ + " has a checkpoint already");
  // A hidden upload vanishes with the server: nothing will be there to roll back.
  std::string_view relative = upload_->hidden ? "" : std::string_view(path_).substr(1);
  SLUICE_TRY(upload_->checkpoint,
             Checkpoint::begin(tree_->journal(), fd_.get(), relative, tree_->config()));
  return {};
}

Status OpenFile::end_checkpoint(bool commit) {
  if (!upload_) return fail(Errc::not_authorized, name_ + " is open for reading only");
  std::lock_guard lock(upload_->mutex);
  if (!upload_->checkpoint) return fail(Errc::not_found, name_ + " has no checkpoint");
  if (!commit) upload_->sum.lose();
  SLUICE_CHECK(commit ? upload_->checkpoint->commit() : upload_->checkpoint->rollback());
  upload_->checkpoint.reset();
  return {};
}

Checkpoint* OpenFile::checkpoint() const { return upload_ ? upload_->checkpoint.get() : nullptr; }

}  // namespace sluice::disk
