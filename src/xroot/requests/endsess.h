// SPDX-License-Identifier: Apache-2.0
// kXR_endsess: end a session; sent with the old id after a lost connection, to free what the dead
// session held open. Wire: session[16], all zero for the own one; no payload.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Endsess {
  static constexpr std::uint16_t id = 3023;
  static constexpr std::string_view name = "endsess";
  static constexpr std::size_t max_payload = 0;
  static constexpr Gate gate = Gate::logged_in;
  static constexpr Cost cost = Cost::light;
  static constexpr SignLevels sign = signed_from(3);

  SessionId session{};

  bool operator==(const Endsess&) const = default;

  static Result<Endsess> decode(FixedPart fixed, ByteView) {
    Endsess request;
    std::ranges::copy(fixed, request.session.begin());
    return request;
  }

  EncodedRequest encode() const { return {id, session, {}}; }
};

}  // namespace sluice::xroot
