// SPDX-License-Identifier: Apache-2.0
// The layout of pages: sizes at every file offset, and checking however the bytes arrive.
#include "xroot/page.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace sluice::xroot {
namespace {

using Buffer = std::vector<std::byte>;

Buffer pattern(std::size_t size) {
  Buffer data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::byte>(i * 7 + i / 251);
  return data;
}

Buffer encoded(std::uint64_t offset, ByteView data) {
  Buffer wire(page_wire_size(offset, data.size()));
  encode_pages(offset, data, wire);
  return wire;
}

TEST(Page, wireSizeFollowsTheFileOffset) {
  EXPECT_EQ(page_wire_size(0, 0), 0u);
  EXPECT_EQ(page_wire_size(0, 6), 10u);
  EXPECT_EQ(page_wire_size(0, 4096), 4100u);
  EXPECT_EQ(page_wire_size(0, 4097), 4105u);
  EXPECT_EQ(page_wire_size(4090, 16), 24u);
  EXPECT_EQ(page_wire_size(4095, 4098), 4110u);
  EXPECT_EQ(page_wire_size(0, 8u << 20), 8396800u) << "the 8 MiB chunk of xrdcp";
}

TEST(Page, dataSizeRefusesLayoutsThatDoNotAddUp) {
  EXPECT_EQ(*page_data_size(0, 0), 0u);
  EXPECT_EQ(*page_data_size(0, 10), 6u);
  EXPECT_EQ(*page_data_size(4090, 24), 16u);
  for (std::uint64_t wire : {1u, 4u, 4101u, 4104u}) {
    const auto size = page_data_size(0, wire);
    ASSERT_FALSE(size) << wire;
    EXPECT_EQ(size.error().code, Errc::invalid_argument);
  }
  EXPECT_TRUE(page_data_size(0, 4105));
  EXPECT_FALSE(page_data_size(4095, 9)) << "one byte of data, then a torn CRC";
}

TEST(Page, whatFitsEndsAtAPageBoundary) {
  EXPECT_EQ(page_data_that_fits(0, 10000, 1 << 20), 10000u);
  EXPECT_EQ(page_data_that_fits(0, 10000, 8200), 8192u);
  EXPECT_EQ(page_data_that_fits(0, 10000, 8199), 4096u);
  EXPECT_EQ(page_data_that_fits(4090, 10000, 4110), 4102u);
  EXPECT_EQ(page_data_that_fits(4090, 10000, 9), 0u);
}

RC_GTEST_PROP(Page, sizesAreInverse, ()) {
  const auto offset = *rc::gen::inRange<std::uint64_t>(0, 100000);
  const auto length = *rc::gen::inRange<std::uint64_t>(0, 100000);
  RC_ASSERT(*page_data_size(offset, page_wire_size(offset, length)) == length);
}

RC_GTEST_PROP(Page, whatFitsIsTheMost, ()) {
  const auto offset = *rc::gen::inRange<std::uint64_t>(0, 10000);
  const auto length = *rc::gen::inRange<std::uint64_t>(1, 40000);
  const auto capacity = *rc::gen::inRange<std::uint64_t>(0, 50000);
  const std::uint64_t fits = page_data_that_fits(offset, length, capacity);
  RC_ASSERT(page_wire_size(offset, fits) <= capacity);
  RC_ASSERT(fits == length || (offset + fits) % page_size == 0 || fits == 0);
  if (fits < length) {
    const std::uint64_t next = fits + page_data_at(offset + fits, length - fits);
    RC_ASSERT(page_wire_size(offset, next) > capacity);
  }
}

RC_GTEST_PROP(Page, decodesWhatItEncodedHoweverItIsCut, ()) {
  const auto offset = *rc::gen::inRange<std::uint64_t>(0, 10000);
  const Buffer data = pattern(*rc::gen::inRange<std::size_t>(0, 20000));
  const Buffer wire = encoded(offset, data);
  auto decoder = *PageDecoder::create(offset, wire.size());
  Buffer got;
  std::uint64_t expected_offset = offset;
  const auto piece = *rc::gen::inRange<std::size_t>(1, 6000);
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    const ByteView part = ByteView(wire).subspan(at, std::min(piece, wire.size() - at));
    const std::size_t taken = decoder.feed(part, [&](std::uint64_t where, ByteView bytes) {
      RC_ASSERT(where == expected_offset);
      expected_offset += bytes.size();
      got.insert(got.end(), bytes.begin(), bytes.end());
    });
    RC_ASSERT(taken == part.size());
  }
  RC_ASSERT(decoder.done());
  RC_ASSERT(decoder.bad().empty());
  RC_ASSERT(got == data);
}

RC_GTEST_PROP(Page, oneSpoiltByteSpoilsOnePage, ()) {
  const auto offset = *rc::gen::inRange<std::uint64_t>(0, 10000);
  const Buffer data = pattern(*rc::gen::inRange<std::size_t>(1, 20000));
  Buffer wire = encoded(offset, data);
  wire[*rc::gen::inRange<std::size_t>(0, wire.size())] ^= std::byte{1};
  auto decoder = *PageDecoder::create(offset, wire.size());
  decoder.feed(wire, [](std::uint64_t, ByteView) {});
  RC_ASSERT(decoder.bad().size() == 1u);
  const BadPage bad = decoder.bad().front();
  RC_ASSERT(bad.offset >= offset);
  RC_ASSERT(bad.length == page_data_at(bad.offset, offset + data.size() - bad.offset));
}

TEST(Page, sealingInPlaceIsEncoding) {
  const Buffer data = pattern(9000);
  Buffer wire(page_wire_size(100, data.size()));
  std::size_t at = 0;
  each_page(100, wire, [&](PageSpan page) {
    std::ranges::copy(ByteView(data).subspan(at, page.data.size()), page.data.begin());
    at += page.data.size();
  });
  EXPECT_EQ(at, data.size());
  seal_pages(100, wire);
  EXPECT_EQ(wire, encoded(100, data));
}

TEST(Page, decoderLeavesWhatItDoesNotOwn) {
  const Buffer wire = encoded(0, pattern(5));
  Buffer more = wire;
  more.resize(more.size() + 3);
  auto decoder = *PageDecoder::create(0, wire.size());
  EXPECT_EQ(decoder.feed(more, [](std::uint64_t, ByteView) {}), wire.size());
  EXPECT_TRUE(decoder.done());
}

}  // namespace
}  // namespace sluice::xroot
