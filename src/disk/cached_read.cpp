// SPDX-License-Identifier: Apache-2.0
#include "disk/cached_read.h"

#include <cerrno>

namespace sluice::disk {
namespace {

// What a read returned: bytes, or nothing where it would have to wait. File systems that do not know RWF_NOWAIT
// (EOPNOTSUPP) are read plainly where they are local and fast, through the blocking pool otherwise.
Result<std::optional<std::size_t>> outcome(const OpenFile& file, ssize_t n, std::uint64_t offset,
                                           std::span<const iovec> into) {
  if (n >= 0) return std::optional<std::size_t>(static_cast<std::size_t>(n));
  if (errno == EAGAIN) return std::optional<std::size_t>();
  if (errno != EOPNOTSUPP) return fail_errno(errno, file.path());
  if (!file.tree().is_fast()) return std::optional<std::size_t>();
  n = ::preadv(file.fd(), into.data(), static_cast<int>(into.size()), static_cast<off_t>(offset));
  if (n < 0) return fail_errno(errno, file.path());
  return std::optional<std::size_t>(static_cast<std::size_t>(n));
}

int read_flags(const OpenFile& file) { return file.tree().volume().in_memory ? 0 : RWF_NOWAIT; }

}  // namespace

Result<std::optional<std::size_t>> read_cached(const OpenFile& file, std::uint64_t offset,
                                               std::span<const iovec> into) {
  ssize_t n = ::preadv2(file.fd(), into.data(), static_cast<int>(into.size()),
                        static_cast<off_t>(offset), read_flags(file));
  return outcome(file, n, offset, into);
}

Result<std::optional<std::size_t>> read_cached(const OpenFile& file, std::uint64_t offset,
                                               ByteSpan into) {
  if (file.tree().volume().in_memory) {
    ssize_t n = ::pread(file.fd(), into.data(), into.size(), static_cast<off_t>(offset));
    if (n < 0) return fail_errno(errno, file.path());
    return std::optional<std::size_t>(static_cast<std::size_t>(n));
  }
  iovec piece{into.data(), into.size()};
  Result<std::optional<std::size_t>> n =
      read_cached(file, offset, std::span<const iovec>(&piece, 1));
  // Part of it in memory: the answer must be whole, so the rest has to come too.
  bool torn = n && *n && **n != 0 && **n < into.size() && offset + **n < file.opened_stat().size;
  return torn ? std::optional<std::size_t>() : n;
}

bool is_cached(const OpenFile& file, std::uint64_t offset, std::uint64_t size) {
  if (size == 0 || file.tree().volume().in_memory) return true;
  std::byte probe{};
  iovec piece{&probe, 1};
  ssize_t n = ::preadv2(file.fd(), &piece, 1, static_cast<off_t>(offset + size - 1), RWF_NOWAIT);
  if (n >= 0) return true;
  return errno == EOPNOTSUPP && file.tree().is_fast();
}

Task<void> fetch(BlockingPool& pool, std::shared_ptr<OpenFile> file, std::uint64_t offset,
                 std::uint64_t size) {
  co_return co_await offload(pool, [&]() -> Status {
    thread_local std::vector<std::byte> sink(256 << 10);
    while (size > 0) {
      ssize_t n = ::pread(file->fd(), sink.data(), std::min<std::uint64_t>(size, sink.size()),
                          static_cast<off_t>(offset));
      if (n < 0) return fail_errno(errno, file->path());
      if (n == 0) break;
      offset += static_cast<std::uint64_t>(n);
      size -= static_cast<std::uint64_t>(n);
    }
    return {};
  });
}

}  // namespace sluice::disk
