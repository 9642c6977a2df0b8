// SPDX-License-Identifier: Apache-2.0
// Text of several lines, as statx, prepare and query send lists of paths or keys: walked line by
// line without a copy. Empty lines are skipped, because clients disagree on whether the last line
// ends with a newline.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

namespace sluice::xroot {

class Lines {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view*;
    using reference = std::string_view;

    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) { ++*this; }
    std::string_view operator*() const { return line_; }
    Iterator& operator++() {
      rest_.remove_prefix(std::min(rest_.find_first_not_of('\n'), rest_.size()));
      line_ = rest_.substr(0, rest_.find('\n'));
      rest_.remove_prefix(line_.size());
      return *this;
    }
    Iterator operator++(int) {
      Iterator old = *this;
      ++*this;
      return old;
    }
    // A line is never empty, so an empty one is the end; two lines are the same when they start at
    // the same byte.
    bool operator==(const Iterator& other) const {
      return line_.empty() ? other.line_.empty() : line_.data() == other.line_.data();
    }

   private:
    std::string_view line_;
    std::string_view rest_;
  };

  Lines() = default;
  explicit Lines(std::string_view text) : text_(text) {}

  Iterator begin() const { return Iterator(text_); }
  Iterator end() const { return {}; }
  bool empty() const { return begin() == end(); }
  std::string_view text() const { return text_; }
  bool operator==(const Lines&) const = default;

 private:
  std::string_view text_;
};

}  // namespace sluice::xroot
