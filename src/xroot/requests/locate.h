// SPDX-License-Identifier: Apache-2.0
// kXR_locate: which servers have a path.
// Wire: options u16 reserved[14]; payload: the path, "*path" for all servers that could have it, or
// "*" for all servers.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct LocateFlags {
  bool unique = false;  // kXR_compress: one entry for each server
  bool force = false;
  bool refresh = false;
  bool prefer_names = false;  // host names instead of addresses
  bool for_dirlist = false;
  bool no_wait = false;

  bool operator==(const LocateFlags&) const = default;
};

inline constexpr std::array locate_flag_bits = {
    FlagBit<LocateFlags>{0x0001, &LocateFlags::unique},
    FlagBit<LocateFlags>{0x0004, &LocateFlags::force},
    FlagBit<LocateFlags>{0x0080, &LocateFlags::refresh},
    FlagBit<LocateFlags>{0x0100, &LocateFlags::prefer_names},
    FlagBit<LocateFlags>{0x0400, &LocateFlags::for_dirlist},
    FlagBit<LocateFlags>{0x2000, &LocateFlags::no_wait}};

struct Locate {
  static constexpr std::uint16_t id = 3027;
  static constexpr std::string_view name = "locate";
  static constexpr std::size_t max_payload = max_one_path + 1;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = signed_from(4);

  LocateFlags flags;
  bool any_server = false;  // the text began with '*'
  std::string_view path;    // without the '*'; may carry ?opaque, may be empty with any_server

  bool operator==(const Locate&) const = default;

  static Result<Locate> decode(FixedPart fixed, ByteView payload) {
    Locate request;
    read_flags(request.flags, Reader(fixed).be<std::uint16_t>(), locate_flag_bits);
    request.path = Reader(payload).text();
    request.any_server = request.path.starts_with('*');
    if (request.any_server) request.path.remove_prefix(1);
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(write_flags(flags, locate_flag_bits));
    Writer(out.payload).text(any_server ? "*" : "").text(path);
    return out;
  }
};

}  // namespace sluice::xroot
