// SPDX-License-Identifier: Apache-2.0
// Builds the memfds. Both hold one period and the longest operation behind it, so that no write
// wraps around.
#include "cli/bench/payload.h"

#include "base/checksum.h"
#include "cli/bench/pattern.h"
#include "xroot/protocol.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sluice::cli::bench {

Result<MemoryFile> MemoryFile::create(const char* name, std::size_t size) {
  MemoryFile file;
  file.fd_ = Fd(::memfd_create(name, MFD_CLOEXEC));
  if (!file.fd_) return fail_errno(errno, "memfd_create");
  if (::ftruncate(file.fd(), static_cast<off_t>(size)) != 0) return fail_errno(errno, "memfd");
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd(), 0);
  if (at == MAP_FAILED) return fail_errno(errno, "mmap of memfd");
  file.bytes_ = ByteSpan(static_cast<std::byte*>(at), size);
  return file;
}

MemoryFile::MemoryFile(MemoryFile&& other) noexcept
    : fd_(std::move(other.fd_)), bytes_(std::exchange(other.bytes_, {})) {}

MemoryFile& MemoryFile::operator=(MemoryFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MemoryFile::~MemoryFile() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

Result<Payload> Payload::create(std::uint64_t longest, bool with_pages) {
  const std::uint64_t size = pattern_period + longest;
  Payload payload;
  SLUICE_TRY(payload.plain_, MemoryFile::create("bench-plain", size));
  fill_pattern(payload.plain_.bytes(), 0);
  if (!with_pages) return payload;

  const std::uint64_t pages = size / xroot::page_size;
  SLUICE_TRY(payload.paged_, MemoryFile::create("bench-paged", pages * xroot::page_unit));
  for (std::uint64_t i = 0; i < pages; ++i) {
    const ByteView page =
        std::as_const(payload.plain_).bytes().subspan(i * xroot::page_size, xroot::page_size);
    const ByteSpan unit = payload.paged_.bytes().subspan(i * xroot::page_unit, xroot::page_unit);
    store_be<std::uint32_t>(unit.first<4>(), crc32c(page));
    std::memcpy(unit.data() + 4, page.data(), page.size());
  }
  return payload;
}

Source Payload::plain(std::uint64_t offset, std::uint64_t length) const {
  return {plain_.fd(), offset % pattern_period, length};
}

Source Payload::paged(std::uint64_t offset, std::uint64_t length) const {
  return {paged_.fd(), offset % pattern_period / xroot::page_size * xroot::page_unit,
          length / xroot::page_size * xroot::page_unit};
}

bool Payload::matches(ByteView data, std::uint64_t offset) const {
  while (!data.empty()) {
    const ByteView expected = plain_.bytes().subspan(offset % pattern_period);
    const std::size_t n = std::min(data.size(), expected.size());
    if (std::memcmp(data.data(), expected.data(), n) != 0) return false;
    data = data.subspan(n);
    offset += n;
  }
  return true;
}

}  // namespace sluice::cli::bench
