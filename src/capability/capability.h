// SPDX-License-Identifier: Apache-2.0
// The right that a door puts into a redirect and a pool honours without asking anybody: one file, one operation, one pool,
// for a short time. Wire: base64url over
//   version u8, key u32, operation u8, attempt u8, file i64, pool i64, size u64, expires u32, nonce u64,
//   mode u16, owner u32, group u32, queue, user, excluded pools (u8 count, i64 each), and the first 16 bytes of HMAC-SHA-256 over all of that.
// Texts are u8 length and bytes. Numbers are big-endian.
#pragma once

#include "capability/key_ring.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::capability {

// The CGI key under which it travels.
inline constexpr std::string_view cgi_key = "sluice.cap";

inline constexpr std::size_t max_text = 64;       // bytes of queue and user
inline constexpr std::size_t max_excluded = 16;   // pools
inline constexpr std::size_t max_encoded = 1024;  // bytes of the text form

// The numbers are those on the wire.
enum class Operation : std::uint8_t {
  read = 1,
  write = 2,     // the bytes of an upload that the catalogue knows
  checksum = 3,  // of a file, computed where it is
};

struct Capability {
  Operation operation = Operation::read;
  std::uint8_t attempt = 0;   // how often the client came back to the door with this request
  std::int64_t file = 0;      // id in the catalogue
  std::int64_t pool = 0;      // who shall honour it
  std::uint64_t size = 0;     // of the file; of an upload what was announced, 0 when nothing was
  std::uint32_t expires = 0;  // seconds since 1970, UTC
  std::uint64_t nonce = 0;    // tells two of them apart
  std::string queue;          // of the pool's movers
  std::string user;           // a label for records
  std::vector<std::int64_t> excluded;  // pools that failed this client before
  // Of the file, for those who ask the pool about it.
  std::uint16_t mode = 0;
  std::uint32_t owner = 0;
  std::uint32_t group = 0;

  bool operator==(const Capability&) const = default;
};

// Signed with the ring's signer. Errors: server (there is no key yet), too_long.
Result<std::string> sign(const Capability& capability, const KeyRing& keys);

// Errc::not_authorized for everything that was not signed with a live key, is of another version or has expired.
// `now` is in seconds since 1970.
Result<Capability> verify(std::string_view text, const KeyRing& keys, std::uint32_t now);

}  // namespace sluice::capability
