// SPDX-License-Identifier: Apache-2.0
// kXR_readv: read many pieces of one or several open files.
// Wire: reserved[15] path-id u8; payload: vector items.
#pragma once

#include "xroot/requests/vector_items.h"

namespace sluice::xroot {

struct Readv {
  static constexpr std::uint16_t id = 3025;
  static constexpr std::string_view name = "readv";
  static constexpr std::size_t max_payload = max_vector_items * VectorItem::wire_size;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::data;
  static constexpr SignLevels sign = signed_from(4);

  std::uint8_t path_id = 0;  // bound stream that carries the answer
  VectorItems items;

  bool operator==(const Readv&) const = default;

  static Result<Readv> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    head.take(15);
    const auto path_id = head.be<std::uint8_t>();
    SLUICE_TRY(auto items, VectorItems::decode(payload));
    return Readv{path_id, items};
  }

  EncodedRequest encode() const {
    return encode_with(path_id, {items.wire().begin(), items.wire().end()});
  }

  // For the client, who has items and no wire bytes yet.
  static EncodedRequest encode(std::span<const VectorItem> items, std::uint8_t path_id = 0) {
    return encode_with(path_id, VectorItems::encode(items));
  }

 private:
  static EncodedRequest encode_with(std::uint8_t path_id, std::vector<std::byte> list) {
    EncodedRequest out{id, {}, std::move(list)};
    FixedWriter(out.fixed).skip(15).be(path_id);
    return out;
  }
};

}  // namespace sluice::xroot
