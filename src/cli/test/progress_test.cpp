// SPDX-License-Identifier: Apache-2.0
// The progress line fits its width and tells the truth; the rates behind it are right.
#include "cli/progress.h"

#include "cli/rate.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sluice::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ProgressState half() {
  ProgressState state;
  state.name = "/data/run1.root";
  state.bytes_done = 512ULL << 20;
  state.bytes_total = 1ULL << 30;
  state.bytes_per_second = 64.0 * (1 << 20);
  return state;
}

TEST(Progress, ShowsBarRateAndEta) {
  EXPECT_EQ(
      progress_line(half(), 100),
      "/data/run1.root  [===========>          ]  50%  512 MiB/1.00 GiB  64.0 MiB/s  ETA 0:08");
}

TEST(Progress, CountsFiles) {
  ProgressState state = half();
  state.files_total = 10;
  state.files_done = 3;
  EXPECT_NE(progress_line(state, 120).find("3/10 files"), std::string::npos);
}

TEST(Progress, LeavesOutWhatDoesNotFit) {
  EXPECT_EQ(progress_line(half(), 52), " 50%  512 MiB/1.00 GiB  64.0 MiB/s  ETA 0:08");
  EXPECT_EQ(progress_line(half(), 10), " 50%  512 ");
}

TEST(Progress, SaysNothingOfTheEndWhenTheSizeIsUnknown) {
  ProgressState state = half();
  state.bytes_total.reset();
  EXPECT_EQ(progress_line(state, 80), "/data/run1.root  512 MiB  64.0 MiB/s");
  EXPECT_EQ(eta(state), "--");
}

TEST(Progress, NeverExceedsTheWidth) {
  EXPECT_TRUE(rc::check("fits", [](std::uint64_t done, std::uint64_t total, std::uint8_t width) {
    ProgressState state = half();
    state.name = *rc::gen::arbitrary<std::string>();
    for (char& c : state.name) c = static_cast<char>(c & 0x7f);
    state.bytes_done = done;
    state.bytes_total = total;
    RC_ASSERT(progress_line(state, width).size() <= width);
  }));
}

TEST(Progress, ShortensNamesAtTheFront) {
  ProgressState state = half();
  state.name = "/a/very/long/path/of/directories/with/größe/in/it.root";
  std::string line = progress_line(state, 100);
  EXPECT_TRUE(line.starts_with("..."));
  EXPECT_NE(line.find("it.root  ["), std::string::npos);
}

TEST(Progress, WritesTimes) {
  ProgressState state = half();
  state.bytes_per_second = static_cast<double>(512 << 20) / 3725.0;
  EXPECT_EQ(eta(state), "1:02:05");
  state.bytes_per_second = 1;
  EXPECT_EQ(eta(state), "--");
}

TEST(Rate, ParsesRates) {
  EXPECT_EQ(*parse_rate("100MiB"), 100ULL << 20);
  EXPECT_EQ(*parse_rate("1 GB/s"), 1'000'000'000ULL);
  EXPECT_FALSE(parse_rate("0 B"));
  EXPECT_FALSE(parse_rate("7"));
}

TEST(Rate, MeterForgetsOldSamples) {
  RateMeter meter;
  Clock::time_point start{};
  EXPECT_EQ(meter.bytes_per_second(), 0);
  meter.sample(start, 0);
  meter.sample(start + seconds(1), 1000);
  EXPECT_DOUBLE_EQ(meter.bytes_per_second(), 1000);
  meter.sample(start + seconds(6), 1000);
  meter.sample(start + seconds(11), 1000);
  EXPECT_DOUBLE_EQ(meter.bytes_per_second(), 0);
}

TEST(Rate, LimitSpacesPieces) {
  RateLimit limit(1000);
  Clock::time_point now{};
  EXPECT_EQ(limit.reserve(now, 500), now);
  EXPECT_EQ(limit.reserve(now, 500), now + milliseconds(500));
  EXPECT_EQ(limit.reserve(now, 1), now + milliseconds(1000));
  EXPECT_EQ(limit.reserve(now + seconds(9), 1), now + seconds(9));
  EXPECT_EQ(limit.piece_bytes(), 4096U);
  EXPECT_EQ(RateLimit(4 << 20).piece_bytes(), 1U << 20);
}

TEST(Rate, FloorLooksAtWholeWindows) {
  Clock::time_point start{};
  RateFloor floor(100, start);
  EXPECT_FALSE(floor.is_too_slow(start + seconds(29), 0));
  EXPECT_FALSE(floor.is_too_slow(start + seconds(30), 3000));
  EXPECT_FALSE(floor.is_too_slow(start + seconds(59), 3000));
  EXPECT_TRUE(floor.is_too_slow(start + seconds(60), 5999));
}

}  // namespace
}  // namespace sluice::cli
