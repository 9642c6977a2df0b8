// SPDX-License-Identifier: Apache-2.0
// kXR_writev: write many pieces of one or several open files.
// Wire: options u8 (1 = sync after it) reserved[15]; payload: vector items. The data of all items
// follow behind the payload and are NOT counted in the header's length: items.total_length() bytes.
#pragma once

#include "xroot/requests/vector_items.h"

namespace sluice::xroot {

struct Writev {
  static constexpr std::uint16_t id = 3031;
  static constexpr std::string_view name = "writev";
  static constexpr std::size_t max_payload = max_vector_items * VectorItem::wire_size;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::data;
  static constexpr SignLevels sign = never_signed;

  static constexpr bool streams_data = true;

  bool sync = false;
  VectorItems items;

  bool operator==(const Writev&) const = default;

  static Result<Writev> decode(FixedPart fixed, ByteView payload) {
    const bool sync = (Reader(fixed).be<std::uint8_t>() & sync_after) != 0;
    SLUICE_TRY(auto items, VectorItems::decode(payload));
    return Writev{sync, items};
  }

  EncodedRequest encode() const {
    return encode_with(sync, {items.wire().begin(), items.wire().end()});
  }

  // For the client, who has items and no wire bytes yet.
  static EncodedRequest encode(std::span<const VectorItem> items, bool sync = false) {
    return encode_with(sync, VectorItems::encode(items));
  }

 private:
  static constexpr std::uint8_t sync_after = 1;

  static EncodedRequest encode_with(bool sync, std::vector<std::byte> list) {
    EncodedRequest out{id, {}, std::move(list)};
    FixedWriter(out.fixed).be<std::uint8_t>(sync ? sync_after : 0);
    return out;
  }
};

}  // namespace sluice::xroot
