// SPDX-License-Identifier: Apache-2.0
#include "disk/file_stat.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <cerrno>

namespace sluice::disk {
namespace {

std::int64_t nanoseconds(const struct statx_timestamp& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

Result<FileStat> stat_with(int directory, const char* name, int flags, std::string_view object) {
  struct statx raw;
  constexpr unsigned wanted = STATX_BASIC_STATS | STATX_BTIME;
  if (::statx(directory, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, wanted, &raw) != 0) {
    return fail_errno(errno, object);
  }
  FileStat stat;
  stat.key = {makedev(raw.stx_dev_major, raw.stx_dev_minor), raw.stx_ino};
  stat.size = raw.stx_size;
  stat.blocks = raw.stx_blocks;
  stat.modified_ns = nanoseconds(raw.stx_mtime);
  stat.changed_ns = nanoseconds(raw.stx_ctime);
  stat.accessed_ns = nanoseconds(raw.stx_atime);
  stat.born_ns = (raw.stx_mask & STATX_BTIME) != 0 ? nanoseconds(raw.stx_btime) : 0;
  stat.mode = raw.stx_mode;
  stat.owner = raw.stx_uid;
  stat.group = raw.stx_gid;
  stat.links = raw.stx_nlink;
  return stat;
}

}  // namespace

Result<FileStat> stat_at(int directory, const char* name, std::string_view object) {
  return stat_with(directory, name, 0, object);
}

Result<FileStat> stat_fd(int fd, std::string_view object) {
  return stat_with(fd, "", AT_EMPTY_PATH, object);
}

}  // namespace sluice::disk
