// SPDX-License-Identifier: Apache-2.0
// What every header of this folder has in common. A request is a struct with
//   id, name        its number and its name without "kXR_"
//   max_payload     bytes that may follow the 24-byte header, checked before anything is read
//   decode(head, payload)   the 16 fixed bytes and the payload -> Result<Self>; the text fields are views into `payload`
//   encode()        the same back, for the client: EncodedRequest (fixed part and payload)
// Requests whose data stream behind the header (write, pgwrite, writev) decode only what precedes the data.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "xroot/protocol.h"

namespace sluice::xroot {

using FixedPart = std::span<const std::byte, 16>;

// What must be true of a connection before a request is looked at.
enum class Gate : std::uint8_t { connected, logged_in, authorised };

// From which level on a request must be signed (spec "request signing"); `if_modifying` counts only then as needed.
enum class Sign : std::uint8_t { never, needed, if_modifying };

// What serving it costs, which says where it runs: on the loop; on the loop only where the file system is local and fast;
// always in the blocking pool.
enum class Cost : std::uint8_t { light, metadata, blocking, data };

struct EncodedRequest {
  std::uint16_t id = 0;
  std::array<std::byte, 16> fixed{};
  std::vector<std::byte> payload;
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
  FixedWriter& skip(std::size_t n) {
    at_ += n;
    return *this;
  }

 private:
  std::array<std::byte, 16>& out_;
  std::size_t at_ = 0;
};

}  // namespace sluice::xroot
