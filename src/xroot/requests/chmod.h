// SPDX-License-Identifier: Apache-2.0
// kXR_chmod: set the permission bits of a path.
// Wire: reserved[14] mode u16; payload: the path.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Chmod {
  static constexpr std::uint16_t id = 3002;
  static constexpr std::string_view name = "chmod";
  static constexpr std::size_t max_payload = max_one_path;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = signed_from(1);

  std::uint16_t mode = 0;  // rwx bits, 0777 at most
  std::string_view path;   // may carry ?opaque

  bool operator==(const Chmod&) const = default;

  static Result<Chmod> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    head.take(14);
    const auto mode = static_cast<std::uint16_t>(head.be<std::uint16_t>() & permission_mask);
    return Chmod{mode, Reader(payload).text()};
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).skip(14).be(mode);
    Writer(out.payload).text(path);
    return out;
  }
};

}  // namespace sluice::xroot
