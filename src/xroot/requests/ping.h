// SPDX-License-Identifier: Apache-2.0
// kXR_ping: is somebody there?
// Wire: reserved[16]; no payload.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Ping {
  static constexpr std::uint16_t id = 3011;
  static constexpr std::string_view name = "ping";
  static constexpr std::size_t max_payload = 0;
  static constexpr Gate gate = Gate::logged_in;
  static constexpr Cost cost = Cost::light;
  static constexpr SignLevels sign = never_signed;

  bool operator==(const Ping&) const = default;

  static Result<Ping> decode(FixedPart, ByteView) { return Ping{}; }

  EncodedRequest encode() const { return {id, {}, {}}; }
};

}  // namespace sluice::xroot
