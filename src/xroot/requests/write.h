// SPDX-License-Identifier: Apache-2.0
// kXR_write: write to an open file.
// Wire: handle[4] offset i64 path-id u8 reserved[3]; then the data: the header's length is theirs,
// nothing precedes them.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Write {
  static constexpr std::uint16_t id = 3019;
  static constexpr std::string_view name = "write";
  static constexpr std::size_t max_payload = 0;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::data;
  static constexpr SignLevels sign = signed_from(3);

  static constexpr bool streams_data = true;

  std::uint32_t handle = 0;
  std::uint64_t offset = 0;
  std::uint8_t path_id = 0;  // bound stream that carries the data

  bool operator==(const Write&) const = default;

  static Result<Write> decode(FixedPart fixed, ByteView) {
    Reader head(fixed);
    Write request;
    request.handle = head.be<std::uint32_t>();
    request.offset = head.be<std::uint64_t>();
    request.path_id = head.be<std::uint8_t>();
    SLUICE_CHECK(check_range(request.offset));
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(handle).be(offset).be(path_id);
    return out;
  }
};

}  // namespace sluice::xroot
