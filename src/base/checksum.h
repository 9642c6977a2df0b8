// SPDX-License-Identifier: Apache-2.0
// Incremental checksums of files and pages behind one interface: adler32, crc32, crc32c, md5,
// sha256, zcrc32, each as xroot clients compute it under that name. All are pure computation; more than 64 KiB at once belongs into offload(). Hex text is
// lower case, 32-bit sums 8 digits.
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sluice {

// CRC-32C (Castagnoli, RFC 3720) of `bytes`; `seed` is the value of what came before, so pieces can
// be chained.
std::uint32_t crc32c(ByteView bytes, std::uint32_t seed = 0);

// CRC-32 of zlib, gzip and zip archives; chained the same way.
std::uint32_t crc32(ByteView bytes, std::uint32_t seed = 0);

// Adler-32 (RFC 1950); starts at 1.
std::uint32_t adler32(ByteView bytes, std::uint32_t seed = 1);

// The sum of A followed by B from the sums of A and of B and the length of B.
std::uint32_t adler32_combine(std::uint32_t first, std::uint32_t second,
                              std::uint64_t second_length);
std::uint32_t crc32c_combine(std::uint32_t first, std::uint32_t second,
                             std::uint64_t second_length);

class Digest {
 public:
  virtual ~Digest() = default;
  virtual void update(ByteView bytes) = 0;
  // The value of everything so far. For md5 and sha256 this ends the digest: no update() after it.
  virtual std::string hex() = 0;
};

// One row of the table of algorithms.
struct ChecksumRow {
  std::string_view name;
  std::size_t hex_digits;
  std::unique_ptr<Digest> (*make)();
};

// All of them, in the order in which a server offers them.
std::span<const ChecksumRow> checksum_rows();

// Names are compared without case; Errc::unsupported names the ones there are.
Result<const ChecksumRow*> find_checksum(std::string_view name);
Result<std::unique_ptr<Digest>> make_digest(std::string_view name);

// Lower-case hex digits of the bytes.
std::string to_hex(ByteView bytes);

}  // namespace sluice
