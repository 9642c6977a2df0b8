// SPDX-License-Identifier: Apache-2.0
// kXR_truncate: set the size of an open file or of a path.
// Wire: handle[4] size[8] reserved[4]; payload: nothing (by handle) or the path.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Truncate {
  static constexpr std::uint16_t id = 3028;
  static constexpr std::string_view name = "truncate";
  static constexpr std::size_t max_payload = max_one_path;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = signed_from(1);

  std::uint32_t handle = 0;  // used when path is empty
  std::uint64_t size = 0;    // bytes
  std::string_view path;     // may carry ?opaque

  bool operator==(const Truncate&) const = default;

  static Result<Truncate> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Truncate request;
    request.handle = head.be<std::uint32_t>();
    request.size = head.be<std::uint64_t>();
    SLUICE_CHECK(check_range(request.size));
    request.path = Reader(payload).text();
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(handle).be(size);
    Writer(out.payload).text(path);
    return out;
  }
};

}  // namespace sluice::xroot
