// SPDX-License-Identifier: Apache-2.0
// kXR_mkdir: make a directory.
// Wire: options u8 (1 = parents too) reserved[13] mode u16; payload: the path.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Mkdir {
  static constexpr std::uint16_t id = 3008;
  static constexpr std::string_view name = "mkdir";
  static constexpr std::size_t max_payload = max_one_path;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = signed_from(2);

  bool parents = false;    // make the missing parents too; an existing directory is then no error
  std::uint16_t mode = 0;  // rwx bits, 0777 at most
  std::string_view path;   // may carry ?opaque

  bool operator==(const Mkdir&) const = default;

  static Result<Mkdir> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Mkdir request;
    request.parents = (head.be<std::uint8_t>() & make_parents) != 0;
    head.take(13);
    request.mode = static_cast<std::uint16_t>(head.be<std::uint16_t>() & permission_mask);
    request.path = Reader(payload).text();
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be<std::uint8_t>(parents ? make_parents : 0).skip(13).be(mode);
    Writer(out.payload).text(path);
    return out;
  }

 private:
  static constexpr std::uint8_t make_parents = 1;
};

}  // namespace sluice::xroot
