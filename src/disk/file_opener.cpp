// SPDX-License-Identifier: Apache-2.0
// Opening: the short way for reading, and the steps that make an upload: claim the name, look what
// is there, claim that, then make or empty the file.
#include "disk/beneath.h"
#include "disk/checkpoint.h"
#include "disk/checksums.h"
#include "disk/file_tree.h"
#include "disk/open_file.h"
#include "disk/upload.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::disk {
namespace {

// Without it opening a FIFO waits for a writer. It means nothing for regular files, which alone get
// through.
constexpr int no_wait = O_NONBLOCK;

constexpr mode_t default_mode = 0644;
constexpr mode_t own_rights = 0600;  // of the owner, that is of this server

Status check_kind(const FileStat& stat, const LogicalPath& path) {
  if (stat.is_directory()) return fail(Errc::is_directory, path.text());
  if (!stat.is_file()) return fail(Errc::not_file, path.text());
  return {};
}

}  // namespace

class FileOpener {
 public:
  FileOpener(std::shared_ptr<FileTree> tree, const LogicalPath& path, const OpenMode& mode)
      : tree_(std::move(tree)), path_(path), mode_(mode) {}

  Result<std::shared_ptr<OpenFile>> open_for_reading() {
    SLUICE_TRY(int parent, tree_->cached_parent(path_));
    Fd fd(open_entry(parent, path_.name(), O_RDONLY | no_wait));
    if (!fd && errno != ELOOP) return open_failure(errno, path_.text());
    if (!fd) {
      SLUICE_TRY(fd,
                 open_beneath(tree_->root(), path_.c_str(), O_RDONLY | no_wait, 0, path_.text()));
    }
    return finish(std::move(fd), nullptr);
  }

  // Its last link is followed, which O_PATH would not do together with O_NOFOLLOW.
  Result<std::shared_ptr<OpenFile>> open_for_looking() {
    SLUICE_TRY(Fd fd, open_beneath(tree_->root(), path_.c_str(), O_PATH, 0, path_.text()));
    return finish(std::move(fd), nullptr);
  }

  Result<std::shared_ptr<OpenFile>> open_for_writing() {
    using enum OpenMode::Create;
    SLUICE_CHECK(tree_->check_writable());
    upload_ = std::make_unique<Upload>();
    upload_->name = path_.name();
    SLUICE_TRY(upload_->parent, tree_->open_parent(path_, mode_.create != never));
    SLUICE_CHECK(check_room());
    SLUICE_CHECK(claim_place());
    SLUICE_TRY(Fd existing, open_existing());
    upload_->is_new = mode_.create != never && (mode_.create != missing || !existing);
    upload_->replaces = mode_.create == overwrite;
    bool hide = mode_.on_success && (mode_.create == always || mode_.create == overwrite);
    SLUICE_TRY(Fd fd, hide       ? make_hidden()
                      : existing ? take_existing(std::move(existing))
                                 : make_file());
    return finish(std::move(fd), std::move(upload_));
  }

 private:
  Status check_room() const {
    if (mode_.expected_size == 0) return {};
    SLUICE_TRY(Space space, space_of(upload_->parent.get(), path_.text()));
    if (mode_.expected_size <= space.free) return {};
    return fail(Errc::no_space, path_.text() + ": " + std::to_string(mode_.expected_size) +
                                    " bytes announced, " + std::to_string(space.free) +
                                    " are free");
  }

  Status claim_place() {
    SLUICE_TRY(FileStat parent, stat_fd(upload_->parent.get(), path_.text()));
    SLUICE_TRY(upload_->place,
               tree_->locks().claim({parent.key, upload_->name}, mode_.force, path_.text()));
    return {};
  }

  Status claim_file(int fd) {
    SLUICE_TRY(FileStat stat, stat_fd(fd, path_.text()));
    SLUICE_CHECK(check_kind(stat, path_));
    SLUICE_TRY(upload_->file, tree_->locks().claim({stat.key, {}}, mode_.force, path_.text()));
    return {};
  }

  int write_flags() const { return tree_->config().sync == SyncPolicy::always ? O_DSYNC : 0; }

  // What is under the name now, claimed; empty when there is nothing and something may be made.
  Result<Fd> open_existing() {
    int parent = upload_->parent.get();
    // Reading too, even for write-only opens: checkpoints and checksums look at what is there.
    Fd fd(open_entry(parent, path_.name(), O_RDWR | no_wait | write_flags()));
    if (!fd && errno == EACCES)
      fd = Fd(open_entry(parent, path_.name(), O_WRONLY | no_wait | write_flags()));
    int number = fd ? 0 : errno;
    if (number == ENOENT && mode_.create != OpenMode::Create::never) return Fd();
    if (number != ENOENT && mode_.create == OpenMode::Create::always)
      return fail(Errc::exists, path_.text());
    if (number == ELOOP) {
      SLUICE_TRY(fd, open_beneath(tree_->root(), path_.c_str(), O_RDWR | no_wait | write_flags(), 0,
                                  path_.text()));
    } else if (number != 0) {
      return open_failure(number, path_.text());
    }
    SLUICE_CHECK(claim_file(fd.get()));
    return fd;
  }

  Result<Fd> take_existing(Fd fd) {
    drop_checksums(fd.get());
    if (mode_.create == OpenMode::Create::overwrite && ::ftruncate(fd.get(), 0) != 0) {
      return fail_errno(errno, path_.text());
    }
    return fd;
  }

  Result<Fd> make_file() {
    int flags = O_RDWR | O_CREAT | O_EXCL | write_flags();
    Fd fd(open_entry(upload_->parent.get(), path_.name(), flags, file_mode()));
    if (!fd) return open_failure(errno, path_.text());
    SLUICE_CHECK(claim_file(fd.get()));
    return fd;
  }

  Result<Fd> make_hidden() {
    SLUICE_TRY(HiddenFile hidden,
               HiddenFile::make(tree_->journal(), upload_->parent.get(), path_.parent(),
                                O_RDWR | write_flags(), file_mode(), path_.text()));
    Fd fd = hidden.take_fd();
    upload_->hidden.emplace(std::move(hidden));
    return fd;
  }

  mode_t file_mode() const {
    return ((mode_.mode == 0 ? default_mode : mode_.mode) & 0777) | own_rights;
  }

  Result<std::shared_ptr<OpenFile>> finish(Fd fd, std::unique_ptr<Upload> upload) {
    SLUICE_TRY(FileStat stat, stat_fd(fd.get(), path_.text()));
    SLUICE_CHECK(check_kind(stat, path_));
    stat.pending = upload && upload->hidden;
    if (upload) upload->sum = StreamedSum(tree_->config().checksum_on_write && stat.size == 0);
    auto file = std::make_shared<OpenFile>(tree_, path_.text(), std::move(fd), stat, mode_.access);
    file->upload_ = std::move(upload);
    return file;
  }

  std::shared_ptr<FileTree> tree_;
  const LogicalPath& path_;
  const OpenMode& mode_;
  std::unique_ptr<Upload> upload_;
};

Result<std::shared_ptr<OpenFile>> FileTree::open_file(const LogicalPath& path,
                                                      const OpenMode& mode) {
  if (path.is_root()) return fail(Errc::is_directory, "/");
  FileOpener opener(shared_from_this(), path, mode);
  if (mode.writes()) return opener.open_for_writing();
  return mode.access == OpenMode::Access::none ? opener.open_for_looking()
                                               : opener.open_for_reading();
}

}  // namespace sluice::disk
