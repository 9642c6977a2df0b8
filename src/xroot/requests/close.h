// SPDX-License-Identifier: Apache-2.0
// kXR_close: close an open file; for a file that was written this commits it, which may take long.
// Wire: handle[4] reserved[12]; no payload.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Close {
  static constexpr std::uint16_t id = 3003;
  static constexpr std::string_view name = "close";
  static constexpr std::size_t max_payload = 0;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = signed_from(3);

  std::uint32_t handle = 0;

  bool operator==(const Close&) const = default;

  static Result<Close> decode(FixedPart fixed, ByteView) {
    return Close{Reader(fixed).be<std::uint32_t>()};
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(handle);
    return out;
  }
};

}  // namespace sluice::xroot
