// SPDX-License-Identifier: Apache-2.0
// Big-endian numbers in byte spans, and the two cursors every wire decoder and encoder is written with.
// Reader never reads past its end: after the first short read it stays failed and hands out zeros until finish() says so.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

using ByteView = std::span<const std::byte>;
using ByteSpan = std::span<std::byte>;

inline ByteView as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class T>
T load_be(std::span<const std::byte, sizeof(T)> in) {
  std::make_unsigned_t<T> value = 0;
  for (std::byte b : in) {
    value = static_cast<std::make_unsigned_t<T>>((std::uint64_t{value} << 8) |
                                                 std::to_integer<std::uint8_t>(b));
  }
  return static_cast<T>(value);
}

template <class T>
void store_be(std::span<std::byte, sizeof(T)> out, T value) {
  auto rest = static_cast<std::uint64_t>(static_cast<std::make_unsigned_t<T>>(value));
  for (std::size_t i = sizeof(T); i-- > 0; rest >>= 8) out[i] = static_cast<std::byte>(rest);
}

class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  template <class T>
  T be() {
    if (rest_.size() < sizeof(T)) {
      fail_now();
      return T{};
    }
    T value = load_be<T>(rest_.first<sizeof(T)>());
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }

  // The next n bytes, or an empty view and a failed Reader.
  ByteView take(std::size_t n) {
    if (rest_.size() < n) {
      fail_now();
      return {};
    }
    ByteView head = rest_.first(n);
    rest_ = rest_.subspan(n);
    return head;
  }

  // Everything that is left, without the NUL bytes some clients end their text with.
  std::string_view text() {
    std::string_view all = as_text(take(rest_.size()));
    while (!all.empty() && all.back() == '\0') all.remove_suffix(1);
    return all;
  }

  // Text up to the next NUL, which is taken too; fails when there is none.
  std::string_view c_text() {
    std::string_view all = as_text(rest_);
    std::size_t end = all.find('\0');
    if (end == std::string_view::npos) {
      fail_now();
      return {};
    }
    take(end + 1);
    return all.substr(0, end);
  }

  ByteView rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }
  bool failed() const { return failed_; }

  // The one length check of a decoder: all there, nothing left over.
  template <class T>
  Result<T> finish(T value) const {
    if (failed_) return fail(Errc::invalid_argument, "request is shorter than its fields");
    if (!rest_.empty())
      return fail(Errc::invalid_argument, "request has bytes after its last field");
    return value;
  }

 private:
  void fail_now() {
    failed_ = true;
    rest_ = {};
  }

  ByteView rest_;
  bool failed_ = false;
};

// Appends to a vector that the caller owns.
class Writer {
 public:
  explicit Writer(std::vector<std::byte>& out) : out_(out) {}

  template <class T>
  Writer& be(T value) {
    store_be<T>(grow(sizeof(T)).template first<sizeof(T)>(), value);
    return *this;
  }
  Writer& bytes(ByteView data) {
    if (!data.empty()) std::memcpy(grow(data.size()).data(), data.data(), data.size());
    return *this;
  }
  Writer& text(std::string_view data) { return bytes(as_bytes(data)); }
  // The text and the NUL that ends it.
  Writer& c_text(std::string_view data) { return text(data).zeros(1); }
  Writer& zeros(std::size_t n) {
    grow(n);
    return *this;
  }

 private:
  ByteSpan grow(std::size_t n) {
    out_.resize(out_.size() + n);
    return ByteSpan(out_).last(n);
  }

  std::vector<std::byte>& out_;
};

}  // namespace sluice
