// SPDX-License-Identifier: Apache-2.0
// kXR_read: read from an open file.
// Wire: handle[4] offset i64 length i32; payload: nothing, or path-id u8 reserved[7] and vector
// items to read ahead.
#pragma once

#include "xroot/requests/vector_items.h"

namespace sluice::xroot {

struct Read {
  static constexpr std::uint16_t id = 3013;
  static constexpr std::string_view name = "read";
  static constexpr std::size_t max_payload = 8 + max_vector_items * VectorItem::wire_size;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::data;
  static constexpr SignLevels sign = signed_from(4);

  std::uint32_t handle = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  std::uint8_t path_id = 0;  // bound stream that carries the answer
  VectorItems readahead;     // a hint: may be ignored

  bool operator==(const Read&) const = default;

  static Result<Read> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Read request;
    request.handle = head.be<std::uint32_t>();
    request.offset = head.be<std::uint64_t>();
    request.length = head.be<std::uint32_t>();
    SLUICE_CHECK(check_range(request.offset, request.length));
    if (payload.empty()) return request;
    Reader extra(payload);
    request.path_id = extra.be<std::uint8_t>();
    extra.take(7);
    if (extra.failed())
      return fail(Errc::invalid_argument, "arguments of read are shorter than 8 bytes");
    SLUICE_TRY(request.readahead, VectorItems::decode(extra.rest()));
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(handle).be(offset).be(length);
    if (path_id != 0 || !readahead.empty())
      Writer(out.payload).be(path_id).zeros(7).bytes(readahead.wire());
    return out;
  }
};

}  // namespace sluice::xroot
