// SPDX-License-Identifier: Apache-2.0
// kXR_stat: what is known of a path, of an open file, or (vfs) of the file system behind a path.
// Wire: options u8 reserved[7] wants u32 handle[4]; payload: the path, or nothing for the handle.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Stat {
  static constexpr std::uint16_t id = 3017;
  static constexpr std::string_view name = "stat";
  static constexpr std::size_t max_payload = max_one_path;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = signed_from(4);

  bool file_system = false;       // vfs: free space instead of the file's attributes
  bool wants_birth_time = false;  // from 5.2 on
  std::uint32_t handle = 0;       // used when path is empty
  std::string_view path;          // may carry ?opaque

  bool operator==(const Stat&) const = default;

  static Result<Stat> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Stat request;
    request.file_system = (head.be<std::uint8_t>() & vfs_bit) != 0;
    head.take(7);
    request.wants_birth_time = (head.be<std::uint32_t>() & birth_time_bit) != 0;
    request.handle = head.be<std::uint32_t>();
    request.path = Reader(payload).text();
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed)
        .be<std::uint8_t>(file_system ? vfs_bit : 0)
        .skip(7)
        .be<std::uint32_t>(wants_birth_time ? birth_time_bit : 0)
        .be(handle);
    Writer(out.payload).text(path);
    return out;
  }

 private:
  static constexpr std::uint8_t vfs_bit = 1;
  static constexpr std::uint32_t birth_time_bit = 1;
};

}  // namespace sluice::xroot
