// SPDX-License-Identifier: Apache-2.0
// CGI of paths, URLs, logins and answers ("key=value&key=value"): a view that walks and searches
// it, and the few changes that clients and doors make. Nothing is decoded: xroot CGI is not
// percent-encoded, except where a key says so.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::xroot {

// Why a pool sends an upload back to its door, in triedrc; the other reasons are the clients'.
inline constexpr std::string_view tried_for_space = "nospace";

class Opaque {
 public:
  struct Pair {
    std::string_view key;
    std::string_view value;  // empty for a key without '='
    std::string_view text;   // as it stands in the CGI

    bool operator==(const Pair&) const = default;
  };

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Pair;
    using difference_type = std::ptrdiff_t;
    using pointer = const Pair*;
    using reference = const Pair&;

    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) { ++*this; }
    const Pair& operator*() const { return pair_; }
    const Pair* operator->() const { return &pair_; }
    Iterator& operator++();
    Iterator operator++(int) {
      Iterator old = *this;
      ++*this;
      return old;
    }
    bool operator==(const Iterator& other) const {
      return pair_.text.empty() ? other.pair_.text.empty()
                                : pair_.text.data() == other.pair_.text.data();
    }

   private:
    Pair pair_;
    std::string_view rest_;
  };

  Opaque() = default;
  // A leading '?' and empty pairs ("&&", a leading '&') are skipped.
  explicit Opaque(std::string_view text) : text_(text) {
    if (text_.starts_with('?')) text_.remove_prefix(1);
  }

  Iterator begin() const { return Iterator(text_); }
  Iterator end() const { return {}; }
  bool empty() const { return begin() == end(); }
  std::string_view text() const { return text_; }

  // The value of the last pair with this key, as every reader of xroot CGI takes it.
  std::optional<std::string_view> get(std::string_view key) const;

  // The text without the pairs for which drop(key) is true.
  template <class Drop>
  std::string without(Drop&& drop) const {
    std::string out;
    for (const Pair& pair : *this) {
      if (!drop(pair.key)) append(out, pair.text);
    }
    return out;
  }

  // This text with the pairs of `changes` in it: they replace those with the same key, new ones go
  // to the end.
  std::string merged(const Opaque& changes) const;

  // Appends "pair" with the '&' it needs.
  static void append(std::string& out, std::string_view pair);
  static void append(std::string& out, std::string_view key, std::string_view value);

 private:
  std::string_view text_;
};

// Errc::invalid_argument for a '%' without two hex digits.
Result<std::string> percent_decode(std::string_view text);
// Everything but letters, digits and -._~/: becomes %XX.
std::string percent_encode(std::string_view text);

}  // namespace sluice::xroot
