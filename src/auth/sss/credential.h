// SPDX-License-Identifier: Apache-2.0
// The bytes of an sss credential (XRootD's protocol sss, versions 1 and 2):
//   "sss" NUL | 2 zeros | size of the key's name u8 | '0' (Blowfish) | key id u64 | name of the key, filled with NUL to a
//   multiple of 8 (version 2; size 0 in version 1) | what the key seals, followed by its CRC-32
// and sealed: 32 random bytes | seconds since 2008-09-23 u32 | 3 zeros | option u8 | items {type u8, length u16, bytes}.
#pragma once

#include "auth/sss/keytab.h"
#include "base/bytes.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::auth::sss {

inline constexpr std::size_t header_size = 16;
inline constexpr std::size_t sealed_header_size = 40;
inline constexpr std::size_t min_credential = header_size + sealed_header_size;
inline constexpr std::size_t max_credential = min_credential + 16'344;
inline constexpr std::size_t max_padded_name = 192;

// Sealed times count from here, in seconds since 1970.
inline constexpr std::int64_t epoch = 1'222'183'880;

enum class ItemType : std::uint8_t {
  name = 1,
  groups = 4,
  endorsements = 5,
  filler = 7,  // random; makes version 1 credentials long enough
  login_name = 0x10,
  host = 0x20,  // "[ADDRESS]" or "[ADDRESS]:PORT", or the client's name for itself
};

enum class Option : std::uint8_t { use_items = 0, send_login_name = 1 };

struct Item {
  ItemType type;
  std::string_view value;
};

// What anybody can read of a credential; views into its bytes.
struct Envelope {
  std::int64_t key_id = 0;
  bool has_name = false;  // version 2
  std::string_view key_name;
  ByteView sealed;
};

// Errc::authentication, as all errors about what a peer sent.
Result<Envelope> open_envelope(ByteView credential);

// The plain bytes. A wrong key and damaged bytes look alike.
Result<std::vector<std::byte>> unseal(const Envelope& envelope, const Key& key);

// What was sealed; views into the plain bytes.
struct Content {
  // Who changes one of these bytes in a credential damages the next eight: they tell a replay, which bytes at the end, where
  // CRC and cipher feedback can be outwitted, would not.
  ByteView nonce;
  std::int64_t made = 0;  // seconds since 1970
  Option option = Option::use_items;
  std::string_view name;
  std::string_view groups;
  std::string_view login_name;
  std::string_view address;  // with its brackets, perhaps a port
  std::string_view host;
  bool has_items = false;  // besides filler
};

Result<Content> parse_content(ByteView plain);

struct Sealing {
  std::int64_t now = 0;
  bool with_name = false;  // of the key: version 2
  Option option = Option::use_items;
};

Result<std::vector<std::byte>> seal(const Key& key, std::span<const Item> items,
                                    const Sealing& how);

}  // namespace sluice::auth::sss
