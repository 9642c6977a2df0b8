// SPDX-License-Identifier: Apache-2.0
// Every page is checksummed once, while its bytes are in the cache.
#include "xroot/page.h"

#include "base/checksum.h"

#include <algorithm>
#include <cstring>

namespace sluice::xroot {
namespace {

void store_crc(ByteSpan out, ByteView data) { store_be(out.first<page_crc_size>(), crc32c(data)); }

}  // namespace

Result<std::uint64_t> page_data_size(std::uint64_t offset, std::uint64_t wire) {
  if (wire == 0) return std::uint64_t{0};
  const std::uint64_t first_unit = page_data_at(offset, page_size) + page_crc_size;
  const std::uint64_t behind_first = wire > first_unit ? wire - first_unit : 0;
  const std::uint64_t last_unit = behind_first % page_unit;
  const bool has_torn_first = behind_first == 0 && wire <= page_crc_size;
  if (has_torn_first || (last_unit != 0 && last_unit <= page_crc_size)) {
    return fail(Errc::invalid_argument, "pages do not add up: " + std::to_string(wire) +
                                            " bytes at offset " + std::to_string(offset));
  }
  const std::uint64_t units = 1 + (behind_first + page_unit - 1) / page_unit;
  return wire - units * page_crc_size;
}

std::uint64_t page_data_that_fits(std::uint64_t offset, std::uint64_t length,
                                  std::uint64_t capacity) {
  if (page_wire_size(offset, length) <= capacity) return length;
  const std::uint64_t first = page_data_at(offset, length);
  if (first + page_crc_size > capacity) return 0;
  return first + (capacity - first - page_crc_size) / page_unit * page_size;
}

void seal_pages(std::uint64_t offset, ByteSpan wire) {
  each_page(offset, wire, [](PageSpan page) { store_crc(page.crc, page.data); });
}

void encode_pages(std::uint64_t offset, ByteView data, ByteSpan wire) {
  each_page(offset, wire, [&](PageSpan page) {
    const ByteView source = data.first(page.data.size());
    std::memcpy(page.data.data(), source.data(), source.size());
    store_crc(page.crc, source);
    data = data.subspan(source.size());
  });
}

Result<PageDecoder> PageDecoder::create(std::uint64_t offset, std::uint64_t wire) {
  SLUICE_TRY(const std::uint64_t data, page_data_size(offset, wire));
  return PageDecoder(offset, data);
}

PageDecoder::Step PageDecoder::advance(ByteView piece) {
  if (page_left_ == 0) {
    const std::size_t part = std::min(piece.size(), page_crc_size - crc_bytes_);
    std::copy_n(piece.begin(), part, crc_.begin() + static_cast<std::ptrdiff_t>(crc_bytes_));
    crc_bytes_ += part;
    if (crc_bytes_ == page_crc_size) {
      crc_bytes_ = 0;
      computed_ = 0;
      page_start_ = offset_;
      page_left_ = page_data_at(offset_, data_left_);
    }
    return {part, offset_, {}};
  }
  const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), page_left_));
  const Step step{part, offset_, piece.first(part)};
  computed_ = crc32c(step.data, computed_);
  offset_ += part;
  data_left_ -= part;
  page_left_ -= part;
  if (page_left_ == 0 &&
      computed_ != load_be<std::uint32_t>(std::span<const std::byte, page_crc_size>(crc_))) {
    bad_.push_back({page_start_, static_cast<std::uint32_t>(offset_ - page_start_)});
  }
  return step;
}

}  // namespace sluice::xroot
