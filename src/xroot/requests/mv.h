// SPDX-License-Identifier: Apache-2.0
// kXR_mv: rename a file or a directory.
// Wire: reserved[14] length-of-old i16; payload: "old new". Length 0 (old clients) means: split at
// the first blank.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Mv {
  static constexpr std::uint16_t id = 3009;
  static constexpr std::string_view name = "mv";
  static constexpr std::size_t max_payload = 2 * max_one_path + 1;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = signed_from(1);

  std::string_view source;  // both may carry ?opaque
  std::string_view target;

  bool operator==(const Mv&) const = default;

  static Result<Mv> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    head.take(14);
    const auto announced = head.be<std::int16_t>();
    if (announced < 0) return fail(Errc::invalid_argument, "length of the old path is negative");
    const std::string_view both = Reader(payload).text();
    const std::size_t blank = announced == 0 ? both.find(' ') : static_cast<std::size_t>(announced);
    if (blank >= both.size() || both[blank] != ' ') {
      return fail(Errc::invalid_argument, "old and new path are not separated by a blank");
    }
    Mv request{both.substr(0, blank), both.substr(blank + 1)};
    if (request.source.size() > max_one_path) return fail(Errc::too_long, "old path is too long");
    if (request.source.empty() || request.target.empty())
      return fail(Errc::missing_argument, "old or new path is empty");
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    // max_one_path is below the int16 limit, so a longer source is one that no server takes.
    FixedWriter(out.fixed).skip(14).be(
        static_cast<std::int16_t>(std::min(source.size(), max_one_path)));
    Writer(out.payload).text(source).text(" ").text(target);
    return out;
  }
};

}  // namespace sluice::xroot
