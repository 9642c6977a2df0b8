// SPDX-License-Identifier: Apache-2.0
// Offsets stay inside the file and differ between connections; content follows from the offset, and
// the payload agrees.
#include "cli/bench/pattern.h"

#include "cli/bench/payload.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace sluice::cli::bench {
namespace {

Workload load_of(Mode mode, Bytes size, std::uint64_t items = 16) {
  Workload load;
  load.mode = mode;
  load.size = size;
  load.items = items;
  return load;
}

TEST(Walk, SequentialGoesRoundAndStartsApart) {
  Walk walk(load_of(Mode::seqread, 4_KiB), 4 * 4096 + 100, 1, 2);
  EXPECT_EQ(walk.next_sequential().offset, 8192u);
  EXPECT_EQ(walk.next_sequential().offset, 12288u);
  EXPECT_EQ(walk.next_sequential().offset, 0u);
}

TEST(Walk, WritersStartAtTheBeginning) {
  EXPECT_EQ(Walk(load_of(Mode::write, 4_KiB), 1 << 20, 5, 8).next_sequential().offset, 0u);
}

TEST(Walk, RandomStaysInsideAndDiffersByConnection) {
  Walk first(load_of(Mode::randread, 4_KiB), 1 << 30, 0, 2);
  Walk second(load_of(Mode::randread, 4_KiB), 1 << 30, 1, 2);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) {
    for (Walk* walk : {&first, &second}) {
      const Extent extent = walk->next_random();
      EXPECT_EQ(extent.offset % 4096, 0u);
      EXPECT_LE(extent.offset + extent.length, 1u << 30);
      seen.insert(extent.offset);
    }
  }
  EXPECT_GT(seen.size(), 190u);
}

TEST(Walk, VectorsAscendInsideTheFile) {
  EXPECT_TRUE(rc::check([] {
    const auto items = *rc::gen::inRange<std::uint64_t>(1, 1025);
    const auto extra = *rc::gen::inRange<std::uint64_t>(0, 10000);
    const std::uint64_t file = (items + extra) * 4096;
    Walk walk(load_of(Mode::vread, 4_KiB, items), file, 0, 1);
    std::vector<Extent> extents;
    for (int round = 0; round < 5; ++round) {
      walk.next_vector(extents);
      RC_ASSERT(extents.size() == items);
      for (std::size_t i = 1; i < extents.size(); ++i) {
        RC_ASSERT(extents[i].offset >= extents[i - 1].offset + 4096);
      }
      RC_ASSERT(extents.back().offset + 4096 <= file);
    }
  }));
}

TEST(Payload, MatchesThePatternAnywhere) {
  const Payload payload = *Payload::create(1 << 20, false);
  EXPECT_TRUE(rc::check([&payload] {
    const auto offset = *rc::gen::inRange<std::uint64_t>(0, pattern_period * 3) / 8 * 8;
    std::vector<std::byte> data(*rc::gen::inRange<std::size_t>(1, 10000));
    fill_pattern(data, offset);
    RC_ASSERT(payload.matches(data, offset));
    RC_ASSERT(!payload.matches(data, offset + 8));
    data[*rc::gen::inRange<std::size_t>(0, data.size())] ^= std::byte{1};
    RC_ASSERT(!payload.matches(data, offset));
  }));
}

TEST(Payload, ComparesAcrossTheEndOfThePeriod) {
  const Payload payload = *Payload::create(4096, false);
  std::vector<std::byte> data(64 << 10);
  fill_pattern(data, pattern_period - 8192);
  EXPECT_TRUE(payload.matches(data, pattern_period - 8192));
  EXPECT_TRUE(payload.matches(ByteView(data).subspan(3), pattern_period - 8192 + 3));
}

TEST(Payload, PagesStandBehindOneAnother) {
  const Payload payload = *Payload::create(1 << 20, true);
  const Source source = payload.paged(2 * 4096, 3 * 4096);
  EXPECT_EQ(source.offset, 2u * 4100);
  EXPECT_EQ(source.length, 3u * 4100);
  EXPECT_EQ(payload.paged(pattern_period + 4096, 4096).offset, 4100u);
}

}  // namespace
}  // namespace sluice::cli::bench
