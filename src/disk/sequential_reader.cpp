// SPDX-License-Identifier: Apache-2.0
#include "disk/sequential_reader.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace sluice::disk {
namespace {

// Read without leaving pages behind that were not cached before (Linux 6.14); older C libraries do
// not name it.
constexpr int read_uncached = 0x00000080;

}  // namespace

SequentialReader::SequentialReader(int fd)
    : fd_(fd), buffer_(std::make_unique_for_overwrite<std::byte[]>(piece)), flags_(read_uncached) {}

Result<ByteView> SequentialReader::next(std::string_view object, std::size_t most) {
  last_ = offset_;
  for (;;) {
    iovec wanted{buffer_.get(), std::min(most, piece)};
    ssize_t n = ::preadv2(fd_, &wanted, 1, static_cast<off_t>(offset_), flags_);
    if (n >= 0) {
      offset_ += static_cast<std::uint64_t>(n);
      return ByteView(buffer_.get(), static_cast<std::size_t>(n));
    }
    if (errno == EINTR) continue;
    if ((errno != EOPNOTSUPP && errno != EINVAL) || flags_ == 0) return fail_errno(errno, object);
    flags_ = 0;
    ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
    // Since Linux 6.3 these pages are the first to go.
    ::posix_fadvise(fd_, 0, 0, POSIX_FADV_NOREUSE);
  }
}

void SequentialReader::drop_last() const {
  if (flags_ != 0 || offset_ == last_) return;
  ::posix_fadvise(fd_, static_cast<off_t>(last_), static_cast<off_t>(offset_ - last_),
                  POSIX_FADV_DONTNEED);
}

}  // namespace sluice::disk
