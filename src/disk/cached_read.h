// SPDX-License-Identifier: Apache-2.0
// Reads that never wait for a disk: what is in the page cache is read on the loop, what is not is
// fetched in the blocking pool first. One slow disk must not stop the other connections of a loop.
#pragma once

#include "base/bytes.h"
#include "base/offload.h"
#include "disk/open_file.h"

#include <sys/uio.h>

#include <span>

namespace sluice::disk {

// Bytes read; fewer than asked at the end of the file. nullopt: they are not in memory, use fetch()
// first.
Result<std::optional<std::size_t>> read_cached(const OpenFile& file, std::uint64_t offset,
                                               ByteSpan into);
Result<std::optional<std::size_t>> read_cached(const OpenFile& file, std::uint64_t offset,
                                               std::span<const iovec> into);

// The last byte of the range is in memory, so the kernel's read-ahead most likely brought the rest
// too.
bool is_cached(const OpenFile& file, std::uint64_t offset, std::uint64_t size);

// Brings a range into the page cache, in the blocking pool.
Task<void> fetch(BlockingPool& pool, std::shared_ptr<OpenFile> file, std::uint64_t offset,
                 std::uint64_t size);

}  // namespace sluice::disk
