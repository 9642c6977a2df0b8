// SPDX-License-Identifier: Apache-2.0
#include "disk/clone.h"

#include "disk/journal.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace sluice::disk {
namespace {

bool share_blocks(int source, int target, const CloneRange& range) {
  file_clone_range request{};
  request.src_fd = source;
  request.src_offset = range.source_offset;
  request.src_length = range.size;
  request.dest_offset = range.target_offset;
  return ::ioctl(target, FICLONERANGE, &request) == 0;
}

// Through memory, for files of two mounted file systems.
Status copy_bytes(int source, int target, CloneRange range, std::string_view object) {
  constexpr std::size_t piece = 1 << 20;
  auto buffer = std::make_unique_for_overwrite<char[]>(piece);
  while (range.size > 0) {
    std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(range.size, piece));
    SLUICE_TRY(std::size_t got,
               read_full(source, buffer.get(), wanted, range.source_offset, object));
    if (got == 0) return fail(Errc::conflict, std::string(object) + ": the source became shorter");
    SLUICE_CHECK(write_all(target, {buffer.get(), got},
                           static_cast<std::int64_t>(range.target_offset), object));
    range = {range.source_offset + got, range.size - got, range.target_offset + got};
  }
  return {};
}

Status copy_in_kernel(int source, int target, CloneRange range, std::string_view object) {
  auto from = static_cast<off_t>(range.source_offset);
  auto to = static_cast<off_t>(range.target_offset);
  while (range.size > 0) {
    ssize_t n = ::copy_file_range(source, &from, target, &to, range.size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EXDEV || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL)) {
      return copy_bytes(
          source, target,
          {static_cast<std::uint64_t>(from), range.size, static_cast<std::uint64_t>(to)}, object);
    }
    if (n < 0) return fail_errno(errno, object);
    if (n == 0) return fail(Errc::conflict, std::string(object) + ": the source became shorter");
    range.size -= static_cast<std::uint64_t>(n);
  }
  return {};
}

}  // namespace

Status clone_range(const OpenFile& source, OpenFile& target, CloneRange range) {
  if (!source.is_readable())
    return fail(Errc::not_authorized, source.path() + " is not open for reading");
  if (!target.is_writable())
    return fail(Errc::not_authorized, target.path() + " is open for reading only");
  SLUICE_TRY(FileStat from, source.stat());
  SLUICE_TRY(FileStat to, target.stat());
  if (range.source_offset > from.size || range.size > from.size - range.source_offset) {
    return fail(Errc::invalid_argument, source.path() + ": the range is not in the file");
  }
  if (range.size == 0) range.size = from.size - range.source_offset;
  if (range.target_offset > INT64_MAX - range.size)
    return fail(Errc::invalid_argument, "offset is too large");
  bool overlaps = range.source_offset < range.target_offset + range.size &&
                  range.target_offset < range.source_offset + range.size;
  if (from.key == to.key && overlaps) return fail(Errc::invalid_argument, "the ranges overlap");
  target.wrote_unseen(range.target_offset, range.size);
  if (range.size == 0 || share_blocks(source.fd(), target.fd(), range)) return {};
  return copy_in_kernel(source.fd(), target.fd(), range, target.path());
}

}  // namespace sluice::disk
