// SPDX-License-Identifier: Apache-2.0
// What every header of this folder has in common. A request is a struct with
//   id, name                its number and its name without "kXR_"
//   max_payload             bytes that may follow the 24-byte header, checked before anything is read
//   gate, cost, sign        what must be true before it is served, where it runs, from which level
//                           on it must be signed
//   decode(head, payload)   the 16 fixed bytes and the payload -> Result<Self>; the text fields are
//                           views into `payload`
//   encode()                the same back, for the client: EncodedRequest (fixed part and payload)
// Requests with `streams_data = true` (write, pgwrite, writev) are followed by data that no decoder
// sees: max_payload counts only what precedes the data. Write and pgwrite have no such list
// (max_payload 0, the header's length is that of the data); in writev the header's length is that
// of the list and the data come behind it, uncounted.
#pragma once

#include "base/bytes.h"
#include "xroot/protocol.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::xroot {

using FixedPart = std::span<const std::byte, 16>;

// What must be true of a connection before a request is looked at.
enum class Gate : std::uint8_t { connected, logged_in, authorised };

// From which level on a request must be signed (spec "request signing"); `if_modifying` asks the
// request's modifies().
enum class Sign : std::uint8_t { never, needed, if_modifying };

// One entry for each signing level: none, compatible, standard, intense, pedantic.
using SignLevels = std::array<Sign, 5>;

inline constexpr SignLevels never_signed{};

constexpr SignLevels signed_from(std::size_t level) {
  SignLevels levels{};
  for (std::size_t i = level; i < levels.size(); ++i) levels[i] = Sign::needed;
  return levels;
}

// What serving it costs, which says where it runs: on the loop; on the loop only where the file
// system is local and fast; always in the blocking pool.
enum class Cost : std::uint8_t { light, metadata, blocking, data };

// Payload limits that several requests share.
inline constexpr std::size_t max_one_path = max_path + max_opaque;
inline constexpr std::size_t max_plain_payload = 64 * 1024;

// True for requests whose data follow behind what decode() sees.
template <class R>
inline constexpr bool streams_data_of = requires { requires R::streams_data; };

struct EncodedRequest {
  std::uint16_t id = 0;
  std::array<std::byte, 16> fixed{};
  std::vector<std::byte> payload;

  bool operator==(const EncodedRequest&) const = default;
};

// Writes the 16 fixed bytes of a request in order; the rest stays zero.
class FixedWriter {
 public:
  explicit FixedWriter(std::array<std::byte, 16>& out) : out_(out) {}
  template <class T>
  FixedWriter& be(T value) {
    store_be<T>(std::span<std::byte, sizeof(T)>(out_.data() + at_, sizeof(T)), value);
    at_ += sizeof(T);
    return *this;
  }
  FixedWriter& bytes(ByteView data) {
    std::ranges::copy(data, out_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ += data.size();
    return *this;
  }
  FixedWriter& skip(std::size_t n) {
    at_ += n;
    return *this;
  }

 private:
  std::array<std::byte, 16>& out_;
  std::size_t at_ = 0;
};

// One bit of a flag word and the bool it stands for: a flag is a row of a table, read both ways.
template <class Flags>
struct FlagBit {
  std::uint16_t bit;
  bool Flags::* member;
};

template <class Flags, std::size_t N>
constexpr void read_flags(Flags& flags, std::uint16_t word,
                          const std::array<FlagBit<Flags>, N>& table) {
  for (const auto& row : table) flags.*row.member = (word & row.bit) != 0;
}

template <class Flags, std::size_t N>
constexpr std::uint16_t write_flags(const Flags& flags,
                                    const std::array<FlagBit<Flags>, N>& table) {
  unsigned word = 0;
  for (const auto& row : table) word |= flags.*row.member ? row.bit : 0u;
  return static_cast<std::uint16_t>(word);
}

inline constexpr std::uint64_t max_offset = std::numeric_limits<std::int64_t>::max();
inline constexpr std::uint32_t max_length = std::numeric_limits<std::int32_t>::max();

// Offsets and lengths are signed on the wire: a negative one, or a range that leaves the int64
// space, is an error.
inline Status check_range(std::uint64_t offset, std::uint32_t length = 0) {
  if (offset > max_offset) return fail(Errc::invalid_argument, "offset is negative");
  if (length > max_length) return fail(Errc::invalid_argument, "length is negative");
  if (length > max_offset - offset)
    return fail(Errc::invalid_argument, "range leaves the file offset space");
  return {};
}

inline bool same_bytes(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

}  // namespace sluice::xroot
