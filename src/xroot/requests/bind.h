// SPDX-License-Identifier: Apache-2.0
// kXR_bind: make this new connection a parallel stream of a session that logged in on another one.
// Wire: session[16]; no payload. The answer is one byte, the path id 1..15.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Bind {
  static constexpr std::uint16_t id = 3024;
  static constexpr std::string_view name = "bind";
  static constexpr std::size_t max_payload = 0;
  static constexpr Gate gate = Gate::connected;
  static constexpr Cost cost = Cost::light;
  static constexpr SignLevels sign = signed_from(3);

  SessionId session{};

  bool operator==(const Bind&) const = default;

  static Result<Bind> decode(FixedPart fixed, ByteView) {
    Bind request;
    std::ranges::copy(fixed, request.session.begin());
    return request;
  }

  EncodedRequest encode() const { return {id, session, {}}; }
};

}  // namespace sluice::xroot
