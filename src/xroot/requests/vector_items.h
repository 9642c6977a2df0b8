// SPDX-License-Identifier: Apache-2.0
// The list of readv, writev and of readahead in read: n items of 16 bytes {handle, length int32,
// offset int64}. A view of the wire bytes that decodes an item when it is looked at: no allocation,
// whatever the list's size.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct VectorItem {
  static constexpr std::size_t wire_size = 16;

  std::uint32_t handle = 0;
  std::uint32_t length = 0;
  std::uint64_t offset = 0;

  bool operator==(const VectorItem&) const = default;

  static VectorItem decode(std::span<const std::byte, wire_size> in) {
    return {load_be<std::uint32_t>(in.subspan<0, 4>()), load_be<std::uint32_t>(in.subspan<4, 4>()),
            load_be<std::uint64_t>(in.subspan<8, 8>())};
  }
  void encode(std::span<std::byte, wire_size> out) const {
    store_be(out.subspan<0, 4>(), handle);
    store_be(out.subspan<4, 4>(), length);
    store_be(out.subspan<8, 8>(), offset);
  }
};

class VectorItems {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = VectorItem;
    using difference_type = std::ptrdiff_t;
    using pointer = const VectorItem*;
    using reference = VectorItem;

    Iterator() = default;
    explicit Iterator(const std::byte* at) : at_(at) {}
    VectorItem operator*() const {
      return VectorItem::decode(
          std::span<const std::byte, VectorItem::wire_size>(at_, VectorItem::wire_size));
    }
    Iterator& operator++() {
      at_ += VectorItem::wire_size;
      return *this;
    }
    Iterator operator++(int) {
      Iterator old = *this;
      ++*this;
      return old;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const std::byte* at_ = nullptr;
  };

  VectorItems() = default;

  // Errors: invalid_argument for a torn list or a bad range, too_long for too many items, no_memory
  // for one too large.
  static Result<VectorItems> decode(ByteView wire) {
    if (wire.size() % VectorItem::wire_size != 0)
      return fail(Errc::invalid_argument, "vector list is torn");
    VectorItems items(wire);
    if (items.size() > max_vector_items)
      return fail(Errc::too_long, "vector has more than 1024 items");
    for (VectorItem item : items) {
      SLUICE_CHECK(check_range(item.offset, item.length));
      if (item.length > max_vector_item_bytes)
        return fail(Errc::no_memory, "vector item is longer than 2097136 bytes");
    }
    return items;
  }

  static std::vector<std::byte> encode(std::span<const VectorItem> items) {
    std::vector<std::byte> out(items.size() * VectorItem::wire_size);
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i].encode(
          ByteSpan(out).subspan(i * VectorItem::wire_size).first<VectorItem::wire_size>());
    }
    return out;
  }

  std::size_t size() const { return wire_.size() / VectorItem::wire_size; }
  bool empty() const { return wire_.empty(); }
  VectorItem operator[](std::size_t i) const {
    return VectorItem::decode(
        wire_.subspan(i * VectorItem::wire_size).first<VectorItem::wire_size>());
  }
  Iterator begin() const { return Iterator(wire_.data()); }
  Iterator end() const { return Iterator(wire_.data() + wire_.size()); }
  ByteView wire() const { return wire_; }

  // Bytes that all items ask for or carry; below 2 GiB after decode().
  std::uint64_t total_length() const {
    std::uint64_t sum = 0;
    for (VectorItem item : *this) sum += item.length;
    return sum;
  }

  bool operator==(const VectorItems& other) const { return same_bytes(wire_, other.wire_); }

 private:
  explicit VectorItems(ByteView wire) : wire_(wire) {}

  ByteView wire_;
};

}  // namespace sluice::xroot
