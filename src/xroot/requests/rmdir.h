// SPDX-License-Identifier: Apache-2.0
// kXR_rmdir: remove an empty directory.
// Wire: reserved[16]; payload: the path.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Rmdir {
  static constexpr std::uint16_t id = 3015;
  static constexpr std::string_view name = "rmdir";
  static constexpr std::size_t max_payload = max_one_path;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = signed_from(1);

  std::string_view path;  // may carry ?opaque

  bool operator==(const Rmdir&) const = default;

  static Result<Rmdir> decode(FixedPart, ByteView payload) { return Rmdir{Reader(payload).text()}; }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    Writer(out.payload).text(path);
    return out;
  }
};

}  // namespace sluice::xroot
