// SPDX-License-Identifier: Apache-2.0
// The bytes that writes send and reads are compared with: the pattern once in a memfd (so that
// sendfile needs no copy), and for page writes a second memfd with the CRC32C before every page.
// Built once, then only read by all threads.
#pragma once

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

#include <cstdint>

namespace sluice::cli::bench {

// A memfd and its mapping.
class MemoryFile {
 public:
  static Result<MemoryFile> create(const char* name, std::size_t size);
  MemoryFile() = default;
  MemoryFile(MemoryFile&& other) noexcept;
  MemoryFile& operator=(MemoryFile&& other) noexcept;
  ~MemoryFile();

  int fd() const { return fd_.get(); }
  ByteSpan bytes() { return bytes_; }
  ByteView bytes() const { return bytes_; }

 private:
  Fd fd_;
  ByteSpan bytes_;
};

// Where the bytes of a write stand in a memfd.
struct Source {
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

class Payload {
 public:
  // `longest`: the largest operation; `with_pages`: also build the form of page writes.
  static Result<Payload> create(std::uint64_t longest, bool with_pages);

  // The file's bytes [offset, offset + length).
  Source plain(std::uint64_t offset, std::uint64_t length) const;
  // The same as page units; offset and length are multiples of the page size.
  Source paged(std::uint64_t offset, std::uint64_t length) const;
  // Are these the file's bytes from `offset` on?
  bool matches(ByteView data, std::uint64_t offset) const;

 private:
  MemoryFile plain_;
  MemoryFile paged_;
};

}  // namespace sluice::cli::bench
