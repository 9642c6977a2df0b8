// SPDX-License-Identifier: Apache-2.0
// kXR_fattr: extended attributes of a path or of an open file.
// Wire: handle[4] subcode u8 count u8 options u8 reserved[9]; payload: path NUL (empty: by handle),
// count names {u16 zero, name NUL}, and for set count values {length i32, bytes}.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

enum class FattrCode : std::uint8_t { remove = 0, get = 1, list = 2, set = 3 };

struct FattrItem {
  std::string_view name;
  ByteView value;  // for set only

  bool operator==(const FattrItem& other) const {
    return name == other.name && same_bytes(value, other.value);
  }
};

struct Fattr {
  static constexpr std::uint16_t id = 3020;
  static constexpr std::string_view name = "fattr";
  static constexpr std::size_t max_payload = std::size_t{1258291};
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = signed_from(1);

  static constexpr std::size_t max_items = 16;
  static constexpr std::size_t max_name = 248;
  static constexpr std::size_t max_value = 65536;

  std::uint32_t handle = 0;  // used when path is empty
  FattrCode code = FattrCode::get;
  bool must_be_new = false;  // set: the attribute must not exist
  bool with_values = false;  // list: the values too
  std::string_view path;     // may carry ?opaque
  std::vector<FattrItem> items;

  bool operator==(const Fattr&) const = default;

  static Result<Fattr> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Fattr request;
    request.handle = head.be<std::uint32_t>();
    const auto code = head.be<std::uint8_t>();
    const std::size_t count = head.be<std::uint8_t>();
    const auto options = head.be<std::uint8_t>();
    if (code > static_cast<std::uint8_t>(FattrCode::set))
      return fail(Errc::invalid_argument, "unknown attribute operation");
    request.code = static_cast<FattrCode>(code);
    request.must_be_new = (options & new_bit) != 0;
    request.with_values = (options & values_bit) != 0;
    if (count > max_items) return fail(Errc::too_long, "more than 16 attributes in one request");
    if ((request.code == FattrCode::list) != (count == 0))
      return fail(Errc::invalid_argument, "wrong number of attributes");

    Reader body(payload);
    // With nothing behind it the path may come without its NUL; XRootD takes that too.
    if (count == 0) {
      request.path = body.text();
    } else {
      request.path = body.c_text();
    }
    request.items.resize(count);
    SLUICE_CHECK(read_names(body, request.items));
    if (request.code == FattrCode::set) SLUICE_CHECK(read_values(body, request.items));
    return body.finish(std::move(request));
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    const unsigned options = (must_be_new ? new_bit : 0u) | (with_values ? values_bit : 0u);
    FixedWriter(out.fixed)
        .be(handle)
        .be(static_cast<std::uint8_t>(code))
        .be(static_cast<std::uint8_t>(items.size()))
        .be(static_cast<std::uint8_t>(options));
    Writer body(out.payload);
    body.c_text(path);
    for (const FattrItem& item : items) body.be<std::uint16_t>(0).c_text(item.name);
    if (code == FattrCode::set) {
      for (const FattrItem& item : items)
        body.be(static_cast<std::uint32_t>(item.value.size())).bytes(item.value);
    }
    return out;
  }

 private:
  static constexpr std::uint8_t new_bit = 0x01;
  static constexpr std::uint8_t values_bit = 0x10;

  static Status read_names(Reader& body, std::vector<FattrItem>& items) {
    for (FattrItem& item : items) {
      body.take(2);
      item.name = body.c_text();
      if (body.failed()) return fail(Errc::invalid_argument, "list of attribute names is torn");
      if (item.name.empty()) return fail(Errc::invalid_argument, "attribute without a name");
      if (item.name.size() > max_name)
        return fail(Errc::too_long, "attribute name is longer than 248 bytes");
    }
    return {};
  }
  static Status read_values(Reader& body, std::vector<FattrItem>& items) {
    for (FattrItem& item : items) {
      const auto length = body.be<std::uint32_t>();
      if (length > max_value)
        return fail(Errc::too_long, "attribute value is longer than 65536 bytes");
      item.value = body.take(length);
    }
    if (body.failed()) return fail(Errc::invalid_argument, "list of attribute values is torn");
    return {};
  }
};

}  // namespace sluice::xroot
