// SPDX-License-Identifier: Apache-2.0
// kXR_pgwrite: write pages that each come with their CRC32C (layout: xroot/page.h).
// Wire: handle[4] offset i64 path-id u8 flags u8 reserved[2]; then the pages: the header's length
// is theirs, CRCs included.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Pgwrite {
  static constexpr std::uint16_t id = 3026;
  static constexpr std::string_view name = "pgwrite";
  static constexpr std::size_t max_payload = 0;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::data;
  static constexpr SignLevels sign = signed_from(3);

  static constexpr bool streams_data = true;

  std::uint32_t handle = 0;
  std::uint64_t offset = 0;
  std::uint8_t path_id = 0;  // bound stream that carries the data
  bool retry = false;        // one page sent again because its CRC was wrong

  bool operator==(const Pgwrite&) const = default;

  static Result<Pgwrite> decode(FixedPart fixed, ByteView) {
    Reader head(fixed);
    Pgwrite request;
    request.handle = head.be<std::uint32_t>();
    request.offset = head.be<std::uint64_t>();
    request.path_id = head.be<std::uint8_t>();
    request.retry = (head.be<std::uint8_t>() & retry_flag) != 0;
    SLUICE_CHECK(check_range(request.offset));
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(handle).be(offset).be(path_id).be<std::uint8_t>(retry ? retry_flag
                                                                                    : 0);
    return out;
  }

 private:
  static constexpr std::uint8_t retry_flag = 1;
};

}  // namespace sluice::xroot
