// SPDX-License-Identifier: Apache-2.0
// kXR_dirlist: names in a directory, on wish with the stat of each and its checksum.
// Wire: reserved[15] options u8; payload: the path, with ?cks.type=NAME when checksums are wanted.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct DirlistFlags {
  bool online = false;          // only what is on disk
  bool with_stat = false;       // dstat
  bool with_checksum = false;   // dcksm, implies with_stat
  bool with_long_stat = false;  // dstatx, implies with_stat

  bool operator==(const DirlistFlags&) const = default;
};

inline constexpr std::array dirlist_flag_bits = {
    FlagBit<DirlistFlags>{0x01, &DirlistFlags::online},
    FlagBit<DirlistFlags>{0x02, &DirlistFlags::with_stat},
    FlagBit<DirlistFlags>{0x04, &DirlistFlags::with_checksum},
    FlagBit<DirlistFlags>{0x08, &DirlistFlags::with_long_stat}};

struct Dirlist {
  static constexpr std::uint16_t id = 3004;
  static constexpr std::string_view name = "dirlist";
  static constexpr std::size_t max_payload = max_one_path;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::blocking;
  static constexpr SignLevels sign = signed_from(4);

  DirlistFlags flags;
  std::string_view path;  // may carry ?opaque

  bool operator==(const Dirlist&) const = default;

  static Result<Dirlist> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    head.take(15);
    Dirlist request;
    read_flags(request.flags, head.be<std::uint8_t>(), dirlist_flag_bits);
    if (request.flags.with_checksum || request.flags.with_long_stat) request.flags.with_stat = true;
    request.path = Reader(payload).text();
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).skip(15).be(
        static_cast<std::uint8_t>(write_flags(flags, dirlist_flag_bits)));
    Writer(out.payload).text(path);
    return out;
  }
};

}  // namespace sluice::xroot
