// SPDX-License-Identifier: Apache-2.0
// kXR_pgread: read pages, each with its CRC32C (layout: xroot/page.h); answered with kXR_status
// frames. Wire: handle[4] offset i64 length i32; payload: nothing, path-id u8, or path-id u8 and
// flags u8.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Pgread {
  static constexpr std::uint16_t id = 3030;
  static constexpr std::string_view name = "pgread";
  static constexpr std::size_t max_payload = 2;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::data;
  static constexpr SignLevels sign = signed_from(3);

  std::uint32_t handle = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;  // bytes of data, CRCs not counted
  std::uint8_t path_id = 0;  // bound stream that carries the answer
  bool retry = false;        // a page arrived with a wrong CRC: bypass caches

  bool operator==(const Pgread&) const = default;

  static Result<Pgread> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Pgread request;
    request.handle = head.be<std::uint32_t>();
    request.offset = head.be<std::uint64_t>();
    request.length = head.be<std::uint32_t>();
    SLUICE_CHECK(check_range(request.offset, request.length));
    Reader extra(payload);
    if (!extra.empty()) request.path_id = extra.be<std::uint8_t>();
    if (!extra.empty()) request.retry = (extra.be<std::uint8_t>() & retry_flag) != 0;
    return extra.finish(request);
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(handle).be(offset).be(length);
    if (path_id != 0 || retry)
      Writer(out.payload).be(path_id).be<std::uint8_t>(retry ? retry_flag : 0);
    return out;
  }

 private:
  static constexpr std::uint8_t retry_flag = 1;
};

}  // namespace sluice::xroot
