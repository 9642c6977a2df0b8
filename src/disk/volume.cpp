// SPDX-License-Identifier: Apache-2.0
#include "disk/volume.h"

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sluice::disk {
namespace {

using namespace std::chrono_literals;

// Local file systems stamp with the clock of this kernel, which advances every 1 to 10 ms (4 ms on
// Debian); two and a half of the longest ticks are the guard. Others stamp with a clock that we
// cannot see, so a minute of skew is allowed.
constexpr auto local_guard = 25ms;
constexpr auto remote_guard = 60s;

constexpr long xfs_magic = 0x58465342;
constexpr long zfs_magic = 0x2fc12fc1;
constexpr long f2fs_magic = static_cast<long>(0xf2f52010);

struct Kind {
  long magic;
  Volume volume;
};

constexpr std::array kinds = {
    Kind{EXT4_SUPER_MAGIC, {"ext4", true, local_guard}},
    Kind{xfs_magic, {"xfs", true, local_guard}},
    Kind{BTRFS_SUPER_MAGIC, {"btrfs", true, local_guard}},
    Kind{TMPFS_MAGIC, {"tmpfs", true, local_guard, true}},
    Kind{f2fs_magic, {"f2fs", true, local_guard}},
    Kind{zfs_magic, {"zfs", true, local_guard}},
    // Local, but a lookup may end in anything that lies below.
    Kind{OVERLAYFS_SUPER_MAGIC, {"overlay", false, local_guard}},
    Kind{NFS_SUPER_MAGIC, {"nfs", false, remote_guard}},
    Kind{CEPH_SUPER_MAGIC, {"ceph", false, remote_guard}},
    Kind{FUSE_SUPER_MAGIC, {"fuse", false, remote_guard}},
};

}  // namespace

Result<Volume> volume_of(int fd) {
  struct statfs raw;
  if (::fstatfs(fd, &raw) != 0) return fail_errno(errno, "exported directory");
  auto known = std::ranges::find(kinds, static_cast<long>(raw.f_type), &Kind::magic);
  return known != kinds.end() ? known->volume : Volume{"unknown", false, remote_guard};
}

Result<Space> space_of(int fd, std::string_view object) {
  struct statvfs raw;
  if (::fstatvfs(fd, &raw) != 0) return fail_errno(errno, object);
  std::uint64_t unit = raw.f_frsize;
  return Space{raw.f_blocks * unit, std::min(raw.f_bavail, raw.f_blocks) * unit};
}

}  // namespace sluice::disk
