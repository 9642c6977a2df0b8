// SPDX-License-Identifier: Apache-2.0
// Pages and the headers of vector pieces are collected in a small buffer until they are whole;
// plain data are compared as they come.
#include "cli/bench/content_check.h"

#include "base/checksum.h"

#include <algorithm>
#include <cstring>

namespace sluice::cli::bench {

void ContentCheck::expect(Form form, std::vector<Extent> extents, const Payload& payload) {
  *this = ContentCheck();
  form_ = form;
  extents_ = std::move(extents);
  payload_ = &payload;
}

// Bytes that must be there before check_unit() can judge; 0 while plain data are awaited.
std::size_t ContentCheck::unit_size() const {
  const Extent& extent = extents_[current_];
  if (form_ == Form::vector) return header_seen_ ? 0 : vector_header;
  if (form_ == Form::plain) return 0;
  const std::uint64_t to_boundary = xroot::page_size - (extent.offset + done_) % xroot::page_size;
  return 4 + static_cast<std::size_t>(std::min<std::uint64_t>(to_boundary, extent.length - done_));
}

void ContentCheck::feed(ByteView piece) {
  while (!piece.empty() && good_) {
    if (current_ == extents_.size()) {
      good_ = false;
      return;
    }
    const std::size_t unit = unit_size();
    if (unit == 0) {
      piece = piece.subspan(take_plain(piece));
      continue;
    }
    const std::size_t n = std::min(unit - have_, piece.size());
    std::memcpy(unit_.data() + have_, piece.data(), n);
    have_ += n;
    piece = piece.subspan(n);
    if (have_ < unit) return;
    have_ = 0;
    check_unit(ByteView(unit_).first(unit));
  }
}

std::size_t ContentCheck::take_plain(ByteView piece) {
  const std::uint64_t left = extents_[current_].length - done_;
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
  check_data(piece.first(n));
  return n;
}

void ContentCheck::check_unit(ByteView unit) {
  Reader in(unit);
  if (form_ == Form::pages) {
    const auto sum = in.be<std::uint32_t>();
    good_ = good_ && sum == crc32c(in.rest());
    check_data(in.rest());
    return;
  }
  in.take(4);
  const auto length = in.be<std::uint32_t>();
  const auto offset = in.be<std::uint64_t>();
  good_ = good_ && length == extents_[current_].length && offset == extents_[current_].offset;
  header_seen_ = true;
}

void ContentCheck::check_data(ByteView data) {
  const Extent& extent = extents_[current_];
  good_ = good_ && payload_->matches(data, extent.offset + done_);
  done_ += data.size();
  if (done_ < extent.length) return;
  ++current_;
  done_ = 0;
  header_seen_ = false;
}

}  // namespace sluice::cli::bench
