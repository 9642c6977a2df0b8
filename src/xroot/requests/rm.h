// SPDX-License-Identifier: Apache-2.0
// kXR_rm: remove a file.
// Wire: reserved[16]; payload: the path.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Rm {
  static constexpr std::uint16_t id = 3014;
  static constexpr std::string_view name = "rm";
  static constexpr std::size_t max_payload = max_one_path;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = signed_from(1);

  std::string_view path;  // may carry ?opaque

  bool operator==(const Rm&) const = default;

  static Result<Rm> decode(FixedPart, ByteView payload) { return Rm{Reader(payload).text()}; }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    Writer(out.payload).text(path);
    return out;
  }
};

}  // namespace sluice::xroot
