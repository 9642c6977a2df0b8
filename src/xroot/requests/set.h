// SPDX-License-Identifier: Apache-2.0
// kXR_set: tell the server something about this client ("appid ...", "monitor on") or, with a
// modifier, change the server. Wire: reserved[15] modifier u8; payload: text.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Set {
  static constexpr std::uint16_t id = 3018;
  static constexpr std::string_view name = "set";
  static constexpr std::size_t max_payload = max_plain_payload;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::light;
  static constexpr SignLevels sign = {Sign::never, Sign::if_modifying, Sign::if_modifying,
                                      Sign::needed, Sign::needed};

  std::uint8_t modifier = 0;
  std::string_view text;

  bool operator==(const Set&) const = default;
  bool modifies() const { return modifier != 0; }

  static Result<Set> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    head.take(15);
    const auto modifier = head.be<std::uint8_t>();
    return Set{modifier, Reader(payload).text()};
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).skip(15).be(modifier);
    Writer(out.payload).text(text);
    return out;
  }
};

}  // namespace sluice::xroot
