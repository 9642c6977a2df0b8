// SPDX-License-Identifier: Apache-2.0
// kXR_clone (5.2): copy ranges of open files into another one, by reference where the file system
// can. Wire: target-handle[4] reserved[12]; payload: ranges {source-handle[4] reserved[4]
// source-offset u64 length u64 target-offset u64}.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct CloneRange {
  static constexpr std::size_t wire_size = 32;

  std::uint32_t source_handle = 0;
  std::uint64_t source_offset = 0;
  std::uint64_t length = 0;
  std::uint64_t target_offset = 0;

  bool operator==(const CloneRange&) const = default;
};

struct Clone {
  static constexpr std::uint16_t id = 3032;
  static constexpr std::string_view name = "clone";
  static constexpr std::size_t max_payload = 1024 * CloneRange::wire_size;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::blocking;
  static constexpr SignLevels sign = never_signed;

  std::uint32_t handle = 0;  // of the target
  std::vector<CloneRange> ranges;

  bool operator==(const Clone&) const = default;

  static Result<Clone> decode(FixedPart fixed, ByteView payload) {
    if (payload.size() % CloneRange::wire_size != 0)
      return fail(Errc::invalid_argument, "list of ranges is torn");
    Clone request{Reader(fixed).be<std::uint32_t>(), {}};
    request.ranges.resize(payload.size() / CloneRange::wire_size);
    Reader body(payload);
    for (CloneRange& range : request.ranges) {
      range.source_handle = body.be<std::uint32_t>();
      body.take(4);
      range.source_offset = body.be<std::uint64_t>();
      range.length = body.be<std::uint64_t>();
      range.target_offset = body.be<std::uint64_t>();
      const std::uint64_t last_start = std::max(range.source_offset, range.target_offset);
      if (last_start > max_offset || range.length > max_offset - last_start) {
        return fail(Errc::invalid_argument, "range leaves the file offset space");
      }
    }
    return body.finish(std::move(request));
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(handle);
    Writer body(out.payload);
    for (const CloneRange& range : ranges) {
      body.be(range.source_handle)
          .zeros(4)
          .be(range.source_offset)
          .be(range.length)
          .be(range.target_offset);
    }
    return out;
  }
};

}  // namespace sluice::xroot
