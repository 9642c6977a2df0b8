// SPDX-License-Identifier: Apache-2.0
// kXR_statx: one byte of flags for each of many paths.
// Wire: reserved[16]; payload: paths, one a line.
#pragma once

#include "xroot/requests/lines.h"
#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Statx {
  static constexpr std::uint16_t id = 3022;
  static constexpr std::string_view name = "statx";
  static constexpr std::size_t max_payload = max_plain_payload;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = signed_from(4);

  Lines paths;

  bool operator==(const Statx&) const = default;

  static Result<Statx> decode(FixedPart, ByteView payload) {
    return Statx{Lines(Reader(payload).text())};
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    Writer(out.payload).text(paths.text());
    return out;
  }
};

}  // namespace sluice::xroot
