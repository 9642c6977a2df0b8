// SPDX-License-Identifier: Apache-2.0
// kXR_query: everything that is asked for and fits nowhere else: checksums, configuration, space,
// statistics, opaque calls. Wire: kind u16 reserved[2] handle[4] reserved[8]; payload: what the
// kind says.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

// Numbers that are not listed here do arrive: a server answers them with invalid_argument.
enum class QueryKind : std::uint16_t {
  stats = 1,
  prepare = 2,
  checksum = 3,
  xattr = 4,
  space = 5,
  checksum_cancel = 6,
  config = 7,
  visa = 8,
  file_info = 9,
  file_system_info = 10,
  opaque = 16,
  opaque_file = 32,
  opaque_handle = 64,
};

struct Query {
  static constexpr std::uint16_t id = 3001;
  static constexpr std::string_view name = "query";
  static constexpr std::size_t max_payload = max_plain_payload;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::blocking;
  static constexpr SignLevels sign = {Sign::never, Sign::never, Sign::never, Sign::if_modifying,
                                      Sign::needed};

  QueryKind kind{};
  std::uint32_t handle = 0;  // visa, file_info, opaque_handle; checksum when there is no path
  std::string_view args;

  bool operator==(const Query&) const = default;
  bool modifies() const {
    return kind == QueryKind::opaque || kind == QueryKind::opaque_file ||
           kind == QueryKind::opaque_handle;
  }

  static Result<Query> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Query request;
    request.kind = static_cast<QueryKind>(head.be<std::uint16_t>());
    head.take(2);
    request.handle = head.be<std::uint32_t>();
    request.args = Reader(payload).text();
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(static_cast<std::uint16_t>(kind)).skip(2).be(handle);
    Writer(out.payload).text(args);
    return out;
  }
};

}  // namespace sluice::xroot
