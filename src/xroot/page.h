// SPDX-License-Identifier: Apache-2.0
// Layout of the pages of pgread and pgwrite: {CRC32C, up to 4096 bytes of data} after one another,
// cut where the file offset is a multiple of 4096, so that the first and the last page may be
// short. All functions are pure computation. "wire" is the interleaved form, "data" the bytes of
// the file.
#pragma once

#include "base/bytes.h"
#include "xroot/protocol.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::xroot {

inline constexpr std::size_t page_crc_size = page_unit - page_size;

// Bytes of data in the page that holds `offset`, when `length` bytes are still to come.
constexpr std::uint64_t page_data_at(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t to_boundary = page_size - offset % page_size;
  return length < to_boundary ? length : to_boundary;
}

// Pages that `length` bytes from `offset` make.
constexpr std::uint64_t page_count(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return 0;
  const std::uint64_t in_first = page_data_at(offset, length);
  return 1 + (length - in_first + page_size - 1) / page_size;
}

// Bytes on the wire for `length` bytes of data from `offset`.
constexpr std::uint64_t page_wire_size(std::uint64_t offset, std::uint64_t length) {
  return length + page_count(offset, length) * page_crc_size;
}

// Bytes of data in `wire` bytes. Errc::invalid_argument when no layout from this offset has that
// size: one that ends inside or right after a CRC.
Result<std::uint64_t> page_data_size(std::uint64_t offset, std::uint64_t wire);

// The most data from `offset` whose wire form fits into `capacity` bytes and which ends at a page
// boundary or at `length`.
std::uint64_t page_data_that_fits(std::uint64_t offset, std::uint64_t length,
                                  std::uint64_t capacity);

// One page of a wire form in memory.
struct PageSpan {
  std::uint64_t offset = 0;  // in the file
  ByteSpan crc;              // 4 bytes
  ByteSpan data;
};

// Calls visit(PageSpan) for each page of a whole wire form.
template <class Visit>
void each_page(std::uint64_t offset, ByteSpan wire, Visit&& visit) {
  while (wire.size() > page_crc_size) {
    const auto length = static_cast<std::size_t>(page_data_at(offset, wire.size() - page_crc_size));
    visit(PageSpan{offset, wire.first(page_crc_size), wire.subspan(page_crc_size, length)});
    wire = wire.subspan(page_crc_size + length);
    offset += length;
  }
}

// Fills the CRCs of a wire form whose data are already in their places: read the file straight into
// them (each_page() gives the places), then seal. This is how a server sends pages without a copy.
void seal_pages(std::uint64_t offset, ByteSpan wire);

// Wire form of data that lie elsewhere. `wire` has exactly page_wire_size() bytes.
void encode_pages(std::uint64_t offset, ByteView data, ByteSpan wire);

// A page whose CRC was wrong.
struct BadPage {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;

  bool operator==(const BadPage&) const = default;
};

// Takes a wire form in pieces that may be cut anywhere, and hands out its data without a copy,
// checking each CRC. Usage: decoder.feed(piece, sink) for each piece in order; sink(file offset,
// ByteView data). Data are handed out before their page is complete, so bad() names pages whose
// bytes the sink has seen already.
class PageDecoder {
 public:
  // `wire` bytes will come for `offset`. Errc::invalid_argument as page_data_size().
  static Result<PageDecoder> create(std::uint64_t offset, std::uint64_t wire);

  // Bytes beyond the announced ones are not looked at; returns how many were taken.
  template <class Sink>
  std::size_t feed(ByteView piece, Sink&& sink) {
    std::size_t taken = 0;
    while (taken < piece.size() && !done()) {
      const Step step = advance(piece.subspan(taken));
      if (!step.data.empty()) sink(step.offset, step.data);
      taken += step.taken;
    }
    return taken;
  }

  bool done() const { return data_left_ == 0; }
  std::uint64_t data_left() const { return data_left_; }
  const std::vector<BadPage>& bad() const { return bad_; }

 private:
  struct Step {
    std::size_t taken;
    std::uint64_t offset;
    ByteView data;
  };

  PageDecoder(std::uint64_t offset, std::uint64_t data) : offset_(offset), data_left_(data) {}
  Step advance(ByteView piece);

  std::uint64_t offset_;          // of the next byte of data
  std::uint64_t data_left_;       // bytes
  std::uint64_t page_left_ = 0;   // of the current page; 0: a CRC comes next
  std::uint64_t page_start_ = 0;  // file offset of the current page
  std::uint32_t computed_ = 0;    // over the page so far
  std::size_t crc_bytes_ = 0;     // of the announced CRC that have come
  std::array<std::byte, page_crc_size> crc_{};
  std::vector<BadPage> bad_;
};

}  // namespace sluice::xroot
