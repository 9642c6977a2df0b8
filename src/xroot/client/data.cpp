// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/data.h"

#include "base/checksum.h"
#include "xroot/responses.h"

#include <algorithm>

namespace sluice::xroot::client {
namespace {

// Pages received with one call: their data are still in the second-level cache when they are
// checked.
constexpr std::size_t window_pages = 64;

tl::unexpected<Error> too_much() {
  return fail(Errc::protocol, "the server sends more than was asked for");
}

iovec piece(ByteView bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};  // sending only reads it
}

}  // namespace

// ---- kXR_read
// ------------------------------------------------------------------------------------------------------

Status ReadSink::begin(std::uint64_t length) {
  if (length > into_.size() - announced_) return too_much();
  announced_ += static_cast<std::size_t>(length);
  return {};
}

std::size_t ReadSink::window(std::span<iovec> out, std::size_t want) {
  out[0] = {into_.data() + filled_, want};
  return 1;
}

Status ReadSink::filled(std::size_t n) {
  filled_ += n;
  return {};
}

Status ReadSink::restart() {
  announced_ = filled_ = 0;
  return {};
}

// ---- kXR_pgread
// ----------------------------------------------------------------------------------------------------

Status PageSink::begin(std::uint64_t length) {
  if (length > 0) return fail(Errc::protocol, "pgread is answered without page checksums");
  return {};
}

Status PageSink::begin_pages(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return {};
  if (offset != start_ + filled_) return fail(Errc::protocol, "pages come out of order");
  auto data = page_data_size(offset, length);
  if (!data) return fail(Errc::protocol, data.error().detail);
  if (*data > into_.size() - filled_) return too_much();
  frame_data_ = *data;
  page_start_ = filled_;
  crc_filled_ = 0;
  return {};
}

std::size_t PageSink::page_rest() const {
  std::size_t done = filled_ - page_start_;
  return static_cast<std::size_t>(page_data_at(start_ + page_start_, done + frame_data_)) - done;
}

// Wire form: CRC, data, CRC, data...; the current page may be begun.
std::size_t PageSink::window(std::span<iovec> out, std::size_t want) {
  if (crcs_.empty()) crcs_.resize(window_pages);
  std::size_t used = 0;
  std::size_t data_at = filled_;
  std::uint64_t data_left = frame_data_;
  std::size_t crc_skip = crc_filled_;
  std::size_t rest = page_rest();
  for (std::size_t i = 0; i < window_pages && used + 2 <= out.size() && want > 0 && data_left > 0;
       ++i) {
    if (crc_skip < page_crc_size) {
      std::size_t n = std::min(want, page_crc_size - crc_skip);
      out[used++] = {crcs_[i].data() + crc_skip, n};
      want -= n;
    }
    if (std::size_t n = std::min(want, rest); n > 0) {
      out[used++] = {into_.data() + data_at, n};
      want -= n;
    }
    data_at += rest;
    data_left -= rest;
    crc_skip = 0;
    rest = static_cast<std::size_t>(page_data_at(start_ + data_at, data_left));
  }
  return used;
}

Status PageSink::filled(std::size_t n) {
  std::size_t index = 0;
  while (n > 0) {
    std::size_t of_crc = std::min(n, page_crc_size - crc_filled_);
    crc_filled_ += of_crc;
    n -= of_crc;
    if (crc_filled_ < page_crc_size) break;
    std::size_t of_data = std::min(n, page_rest());
    filled_ += of_data;
    frame_data_ -= of_data;
    n -= of_data;
    if (frame_data_ > 0 && page_data_at(start_ + page_start_, page_size) > filled_ - page_start_)
      break;
    check_page(crcs_[index++]);
  }
  // What is left of a page begins the next window.
  if (index > 0 && index < window_pages) crcs_[0] = crcs_[index];
  return {};
}

void PageSink::check_page(const Crc& crc) {
  ByteView data = ByteView(into_).subspan(page_start_, filled_ - page_start_);
  if (crc32c(data) != load_be<std::uint32_t>(std::span<const std::byte, page_crc_size>(crc))) {
    bad_.push_back({start_ + page_start_, static_cast<std::uint32_t>(data.size())});
  }
  page_start_ = filled_;
  crc_filled_ = 0;
}

Status PageSink::restart() {
  filled_ = page_start_ = crc_filled_ = 0;
  frame_data_ = 0;
  bad_.clear();
  return {};
}

// ---- kXR_readv
// -----------------------------------------------------------------------------------------------------

VectorSink::VectorSink(std::vector<Part> parts) : parts_(std::move(parts)), heads_(parts_.size()) {
  for (const Part& part : parts_) expected_ += VectorItem::wire_size + part.into.size();
}

Status VectorSink::finish() const {
  if (is_torn_ || part_ < parts_.size()) {
    return fail(Errc::invalid_argument, "the server did not return every part of the vector whole");
  }
  return {};
}

Status VectorSink::begin(std::uint64_t length) {
  if (length > expected_ - announced_) return too_much();
  announced_ += length;
  return {};
}

std::size_t VectorSink::window(std::span<iovec> out, std::size_t want) {
  if (is_torn_ || part_ == parts_.size()) {
    scrap_.resize(64 * 1024);
    out[0] = {scrap_.data(), std::min(want, scrap_.size())};
    return 1;
  }
  std::size_t used = 0;
  std::size_t skip = in_part_;
  for (std::size_t i = part_; i < parts_.size() && used + 2 <= out.size() && want > 0; ++i) {
    if (skip < VectorItem::wire_size) {
      std::size_t n = std::min(want, VectorItem::wire_size - skip);
      out[used++] = {heads_[i].data() + skip, n};
      want -= n;
      skip = 0;
    } else {
      skip -= VectorItem::wire_size;
    }
    ByteSpan data = parts_[i].into.subspan(skip);
    if (std::size_t n = std::min(want, data.size()); n > 0) {
      out[used++] = {data.data(), n};
      want -= n;
    }
    skip = 0;
  }
  return used;
}

Status VectorSink::filled(std::size_t n) {
  while (n > 0 && !is_torn_ && part_ < parts_.size()) {
    const Part& part = parts_[part_];
    std::size_t whole = VectorItem::wire_size + part.into.size();
    std::size_t taken = std::min(n, whole - in_part_);
    in_part_ += taken;
    n -= taken;
    if (in_part_ < VectorItem::wire_size) break;
    // A server may say that it read less; what follows then lies elsewhere than thought.
    is_torn_ = VectorItem::decode(heads_[part_]) != part.item;
    if (in_part_ == whole) ++part_, in_part_ = 0;
  }
  return {};
}

Status VectorSink::restart() {
  announced_ = 0;
  part_ = in_part_ = 0;
  is_torn_ = false;
  return {};
}

// ---- kXR_pgwrite
// ---------------------------------------------------------------------------------------------------

PageWriteSink::PageWriteSink() : list_(8 + 8 * BadPages::max_in_request) {}

Result<std::vector<std::uint64_t>> PageWriteSink::bad() const {
  if (list_.bytes().empty()) return std::vector<std::uint64_t>{};
  SLUICE_TRY(BadPages pages, BadPages::decode(list_.bytes()));
  return std::move(pages.offsets);
}

// ---- sources
// -------------------------------------------------------------------------------------------------------

SpanSource::SpanSource(std::vector<ByteView> parts) : parts_(std::move(parts)), remaining_(0) {
  for (ByteView part : parts_) remaining_ += part.size();
}

std::size_t SpanSource::window(std::span<iovec> out, std::size_t want) {
  std::size_t used = 0;
  std::size_t skip = in_part_;
  for (std::size_t i = part_; i < parts_.size() && used < out.size() && want > 0; ++i) {
    ByteView rest = parts_[i].subspan(skip);
    skip = 0;
    if (rest.empty()) continue;
    out[used++] = piece(rest.first(std::min(want, rest.size())));
    want -= std::min(want, rest.size());
  }
  return used;
}

void SpanSource::sent(std::size_t n) {
  remaining_ -= n;
  while (n > 0) {
    std::size_t taken = std::min(n, parts_[part_].size() - in_part_);
    in_part_ += taken;
    n -= taken;
    if (in_part_ == parts_[part_].size()) ++part_, in_part_ = 0;
  }
}

PageSource::PageSource(std::uint64_t offset, ByteView data)
    : offset_(offset),
      data_(data),
      crcs_(static_cast<std::size_t>(page_count(offset, data.size()))),
      remaining_(page_wire_size(offset, data.size())) {}

ByteView PageSource::page(std::size_t index) const {
  auto first = static_cast<std::size_t>(page_data_at(offset_, data_.size()));
  if (index == 0) return data_.first(first);
  std::size_t start = first + (index - 1) * page_size;
  return data_.subspan(start, std::min(page_size, data_.size() - start));
}

std::size_t PageSource::window(std::span<iovec> out, std::size_t want) {
  std::size_t used = 0;
  std::size_t skip = in_page_;
  for (std::size_t i = page_; i < crcs_.size() && used + 2 <= out.size() && want > 0; ++i) {
    ByteView data = page(i);
    if (i == computed_) {
      store_be(std::span<std::byte, page_crc_size>(crcs_[i]), crc32c(data));
      ++computed_;
    }
    if (skip < page_crc_size) out[used++] = piece(ByteView(crcs_[i]).subspan(skip));
    out[used++] = piece(data.subspan(skip > page_crc_size ? skip - page_crc_size : 0));
    want -= std::min(want, data.size());
    skip = 0;
  }
  return used;
}

void PageSource::sent(std::size_t n) {
  remaining_ -= n;
  while (n > 0) {
    std::size_t whole = page_crc_size + page(page_).size();
    std::size_t taken = std::min(n, whole - in_page_);
    in_page_ += taken;
    n -= taken;
    if (in_page_ == whole) ++page_, in_page_ = 0;
  }
}

}  // namespace sluice::xroot::client
