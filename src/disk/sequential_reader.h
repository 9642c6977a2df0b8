// SPDX-License-Identifier: Apache-2.0
// Reads a file from its first byte to its last for somebody who wants each byte once: in large pieces, and without pushing
// out of the page cache what others read. Blocks.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace sluice::disk {

class SequentialReader {
 public:
  // Bytes per read: bounds memory and the time until a cancellation works.
  static constexpr std::size_t piece = 1 << 20;

  // `fd` stays the caller's.
  explicit SequentialReader(int fd);

  // At most `most` of the next bytes, good until the next call; empty at the end of the file. `object` is for the error.
  Result<ByteView> next(std::string_view object, std::size_t most = piece);
  // Where the kernel cannot read without keeping pages: lets go of those of the last piece, whoever else used them.
  void drop_last() const;

  // Bytes that were read.
  std::uint64_t offset() const { return offset_; }

 private:
  int fd_;
  std::unique_ptr<std::byte[]> buffer_;
  std::uint64_t offset_ = 0;
  std::uint64_t last_ = 0;  // where the last piece began
  int flags_;
};

}  // namespace sluice::disk
