// SPDX-License-Identifier: Apache-2.0
// What clients do to names: mkdir, rm, rmdir, mv, chmod, truncate. Parents are opened anew (never
// from the cache) and the last name is never followed when it is a link.
#include "disk/beneath.h"
#include "disk/checksums.h"
#include "disk/file_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace sluice::disk {
namespace {

// Any rights a client leaves out of a directory's mode would lock ourselves out.
constexpr mode_t own_directory_rights = 0700;
constexpr mode_t permission_bits = 0777;

// rename that fails with EEXIST where the target exists.
int rename_to_new(int from_parent, const char* from, int to_parent, const char* to) {
  if (::renameat2(from_parent, from, to_parent, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL) return -1;
  // Some network file systems do not know the flag (or the directory would move into itself, which
  // fails again below). Between the look and the rename a local process may still slip in; our own
  // clients cannot lose data that way, because uploads publish with link(2).
  struct stat existing{};
  if (::fstatat(to_parent, to, &existing, AT_SYMLINK_NOFOLLOW) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::renameat(from_parent, from, to_parent, to);
}

}  // namespace

Status FileTree::make_directory(const LogicalPath& path, mode_t mode, bool parents) {
  SLUICE_CHECK(check_writable());
  if (path.is_root()) return parents ? Status() : fail(Errc::exists, "/");
  mode = (mode & permission_bits) | own_directory_rights;
  if (parents) {
    SLUICE_TRY(Fd made, make_directories(path.relative(), mode));
    return {};
  }
  SLUICE_TRY(Fd parent, open_parent(path, false));
  if (::mkdirat(parent.get(), path.name(), mode) != 0) return fail_errno(errno, path.text());
  return {};
}

Result<Fd> FileTree::make_directories(std::string_view relative, mode_t mode) const {
  constexpr int flags = O_PATH | O_DIRECTORY;
  // From the longest path that exists...
  std::string existing(relative);
  Fd directory;
  while (!directory) {
    auto opened =
        open_beneath(root(), existing.empty() ? "." : existing.c_str(), flags, 0, "/" + existing);
    if (opened) {
      directory = std::move(*opened);
    } else if (opened.error().code == Errc::not_found && !existing.empty()) {
      std::size_t slash = existing.rfind('/');
      existing.resize(slash == std::string::npos ? 0 : slash);
    } else {
      return opened;
    }
  }
  // ...down, one element at a time.
  std::string_view rest = relative.substr(existing.size());
  std::size_t done = existing.size();
  while (!rest.empty()) {
    if (rest.front() == '/') {
      rest.remove_prefix(1);
      ++done;
      continue;
    }
    std::string element(rest.substr(0, rest.find('/')));
    rest.remove_prefix(element.size());
    done += element.size();
    std::string object = "/" + std::string(relative.substr(0, done));
    if (::mkdirat(directory.get(), element.c_str(), mode) != 0 && errno != EEXIST)
      return fail_errno(errno, object);
    Fd next(open_entry(directory.get(), element.c_str(), flags));
    if (!next) {
      // Somebody made something else here meanwhile: a link is followed as far as links may lead.
      SLUICE_TRY(next, open_beneath(root(), object.c_str() + 1, flags, 0, object));
    }
    directory = std::move(next);
  }
  return directory;
}

Status FileTree::remove_file(const LogicalPath& path) {
  SLUICE_CHECK(check_writable());
  if (path.is_root()) return fail(Errc::is_directory, "/");
  SLUICE_TRY(Fd parent, open_parent(path, false));
  if (::unlinkat(parent.get(), path.name(), 0) != 0) return fail_errno(errno, path.text());
  return {};
}

Status FileTree::remove_directory(const LogicalPath& path) {
  SLUICE_CHECK(check_writable());
  SLUICE_TRY(Fd parent, open_parent(path, false));
  if (::unlinkat(parent.get(), path.name(), AT_REMOVEDIR) != 0)
    return fail_errno(errno, path.text());
  forget_parents();
  return {};
}

Status FileTree::move(const LogicalPath& from, const LogicalPath& to) {
  SLUICE_CHECK(check_writable());
  SLUICE_TRY(Fd source, open_parent(from, false));
  SLUICE_TRY(FileStat moved, stat_at(source.get(), from.name(), from.text()));
  if (locks_.is_claimed({moved.key, {}}))
    return fail(Errc::locked, from.text() + " is being written");
  SLUICE_TRY(Fd target, open_parent(to, true));
  // The change time of a file moves with its name, and with it the mark of its stored checksums.
  Fd file =
      moved.is_file() ? Fd(open_entry(source.get(), from.name(), O_RDONLY | O_NONBLOCK)) : Fd();
  StoredChecksums stored = file ? StoredChecksums::of_fd(file.get(), moved) : StoredChecksums();
  if (rename_to_new(source.get(), from.name(), target.get(), to.name()) != 0) {
    return fail_errno(errno, errno == EEXIST ? to.text() : from.text());
  }
  forget_parents();
  stored.renew(file.get());
  return {};
}

Status FileTree::change_mode(const LogicalPath& path, mode_t mode) {
  SLUICE_CHECK(check_writable());
  SLUICE_TRY(Fd target, open_path(path, 0));
  SLUICE_TRY(FileStat stat, stat_fd(target.get(), path.text()));
  Fd file = stat.is_file() ? reopen_for_reading(target.get()) : Fd();
  StoredChecksums stored = file ? StoredChecksums::of_fd(file.get(), stat) : StoredChecksums();
  if (::chmod(path_of_descriptor(target.get()).c_str(), mode & permission_bits) != 0) {
    return fail_errno(errno, path.text());
  }
  stored.renew(file.get());
  return {};
}

Status FileTree::truncate(const LogicalPath& path, std::uint64_t size) {
  SLUICE_CHECK(check_writable());
  if (size > INT64_MAX) return fail(Errc::invalid_argument, "size is too large");
  SLUICE_TRY(Fd file, open_beneath(root(), path.c_str(), O_WRONLY | O_NONBLOCK, 0, path.text()));
  SLUICE_TRY(FileStat stat, stat_fd(file.get(), path.text()));
  if (!stat.is_file()) return fail(Errc::not_file, path.text());
  SLUICE_TRY(LockTable::Claim claim, locks_.claim({stat.key, {}}, false, path.text()));
  drop_checksums(file.get());
  if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) return fail_errno(errno, path.text());
  if (config_.sync != SyncPolicy::never && ::fsync(file.get()) != 0)
    return fail_errno(errno, path.text());
  return {};
}

}  // namespace sluice::disk
