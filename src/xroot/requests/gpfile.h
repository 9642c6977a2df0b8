// SPDX-License-Identifier: Apache-2.0
// kXR_gpfile (3005, once getfile): get or put a whole file in one request. No server we know serves
// it; we refuse it. Wire: options[4] reserved[8] buffer-size i32; payload: the path.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Gpfile {
  static constexpr std::uint16_t id = 3005;
  static constexpr std::string_view name = "gpfile";
  static constexpr std::size_t max_payload = max_one_path;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::light;
  static constexpr SignLevels sign = signed_from(1);

  std::uint32_t options = 0;
  std::uint32_t buffer_size = 0;
  std::string_view path;

  bool operator==(const Gpfile&) const = default;

  static Result<Gpfile> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Gpfile request;
    request.options = head.be<std::uint32_t>();
    head.take(8);
    request.buffer_size = head.be<std::uint32_t>();
    request.path = Reader(payload).text();
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(options).skip(8).be(buffer_size);
    Writer(out.payload).text(path);
    return out;
  }
};

}  // namespace sluice::xroot
