// SPDX-License-Identifier: Apache-2.0
#include "disk/upload.h"

#include "base/checksum.h"
#include "disk/beneath.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace sluice::disk {
namespace {

bool lacks_unnamed_files(int number) {
  // EISDIR: the kernel does not know O_TMPFILE; the others: the file system does not.
  return number == EOPNOTSUPP || number == EISDIR || number == EINVAL || number == ENOENT;
}

}  // namespace

void StreamedSum::feed(std::uint64_t offset, ByteView bytes) {
  if (!valid_) return;
  if (offset != next_) {
    valid_ = false;
    return;
  }
  sum_ = adler32(bytes, sum_);
  next_ += bytes.size();
}

std::optional<std::string> StreamedSum::value(std::uint64_t size) const {
  if (!valid_ || next_ != size) return std::nullopt;
  return fmt::format("{:08x}", sum_);
}

Result<HiddenFile> HiddenFile::prepare(const Journal& journal, int parent,
                                       std::string_view directory, std::string_view object) {
  Fd own_parent(::fcntl(parent, F_DUPFD_CLOEXEC, 0));
  if (!own_parent) return fail_errno(errno, object);
  return HiddenFile(journal, std::move(own_parent), std::string(directory));
}

Result<HiddenFile> HiddenFile::make(const Journal& journal, int parent, std::string_view directory,
                                    int flags, mode_t mode, std::string_view object) {
  SLUICE_TRY(HiddenFile hidden, prepare(journal, parent, directory, object));
  hidden.fd_ = Fd(::openat(parent, ".", O_TMPFILE | O_CLOEXEC | flags, mode));
  if (hidden.fd_) return hidden;
  if (!lacks_unnamed_files(errno)) return fail_errno(errno, object);
  return make_named(journal, parent, directory, flags, mode, object);
}

Result<HiddenFile> HiddenFile::make_named(const Journal& journal, int parent,
                                          std::string_view directory, int flags, mode_t mode,
                                          std::string_view object) {
  SLUICE_TRY(HiddenFile hidden, prepare(journal, parent, directory, object));
  SLUICE_CHECK(hidden.name_it(object));
  hidden.fd_ = Fd(open_entry(parent, hidden.hidden_name_.c_str(), O_CREAT | O_EXCL | flags, mode));
  if (hidden.fd_) return hidden;
  int number = errno;
  hidden.discard();
  return fail_errno(number, object);
}

Status HiddenFile::name_it(std::string_view object) {
  SLUICE_TRY(note_, journal_->add(note_kind));
  hidden_name_ = fmt::format("{}upload.{}", reserved_prefix, random_name());
  std::string path = directory_.empty() ? hidden_name_ : directory_ + "/" + hidden_name_;
  return write_all(note_.fd(), path, 0, object);
}

Status HiddenFile::link_new(int fd, const char* name) const {
  if (::linkat(fd, "", parent_.get(), name, AT_EMPTY_PATH) == 0) return {};
  // Before Linux 6.10 the call above needs a privilege, and says ENOENT without it.
  if (errno != ENOENT && errno != EPERM) return fail_errno(errno, name);
  std::string from = path_of_descriptor(fd);
  if (::linkat(AT_FDCWD, from.c_str(), parent_.get(), name, AT_SYMLINK_FOLLOW) != 0)
    return fail_errno(errno, name);
  return {};
}

Status HiddenFile::publish(int fd, const char* name, bool replace) {
  if (hidden_name_.empty() && !replace) return link_new(fd, name);
  if (hidden_name_.empty()) {
    SLUICE_CHECK(name_it(name));
    SLUICE_CHECK(link_new(fd, hidden_name_.c_str()));
  }
  const char* hidden = hidden_name_.c_str();
  int parent = parent_.get();
  if (replace) {
    if (::renameat(parent, hidden, parent, name) != 0) return fail_errno(errno, name);
  } else if (::renameat2(parent, hidden, parent, name, RENAME_NOREPLACE) != 0) {
    if (errno != EINVAL) return fail_errno(errno, name);
    if (::linkat(parent, hidden, parent, name, 0) != 0) return fail_errno(errno, name);
    ::unlinkat(parent, hidden, 0);
  }
  hidden_name_.clear();
  note_.remove();
  return {};
}

void HiddenFile::discard() {
  if (hidden_name_.empty()) return;
  ::unlinkat(parent_.get(), hidden_name_.c_str(), 0);
  hidden_name_.clear();
  note_.remove();
}

}  // namespace sluice::disk
