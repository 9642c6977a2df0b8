// SPDX-License-Identifier: Apache-2.0
// kXR_sync: what was written is on stable storage when this is answered; starts and awaits the copy
// of a third-party open. Wire: handle[4] reserved[12]; no payload.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Sync {
  static constexpr std::uint16_t id = 3016;
  static constexpr std::string_view name = "sync";
  static constexpr std::size_t max_payload = 0;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::blocking;
  static constexpr SignLevels sign = signed_from(4);

  std::uint32_t handle = 0;

  bool operator==(const Sync&) const = default;

  static Result<Sync> decode(FixedPart fixed, ByteView) {
    return Sync{Reader(fixed).be<std::uint32_t>()};
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(handle);
    return out;
  }
};

}  // namespace sluice::xroot
