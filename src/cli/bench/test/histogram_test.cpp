// SPDX-License-Identifier: Apache-2.0
// Percentiles are right to the width of a bucket, whatever the values; merging equals adding.
#include "cli/bench/histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sluice::cli::bench {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.percentile(0.99), nanoseconds(0));
  EXPECT_EQ(histogram.mean(), nanoseconds(0));
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (int i = 1; i <= 50; ++i) histogram.add(nanoseconds(i));
  EXPECT_EQ(histogram.percentile(0.5), nanoseconds(25));
  EXPECT_EQ(histogram.percentile(0.99), nanoseconds(50));
  EXPECT_EQ(histogram.percentile(0.0), nanoseconds(1));
  EXPECT_EQ(histogram.mean(), nanoseconds(25));
}

TEST(Histogram, NeverSaysMoreThanTheMaximum) {
  Histogram histogram;
  histogram.add(nanoseconds(1'000'003));
  EXPECT_EQ(histogram.percentile(0.999), nanoseconds(1'000'003));
}

TEST(Histogram, TakesAnyValue) {
  Histogram histogram;
  histogram.add(nanoseconds(-5));
  histogram.add(nanoseconds(INT64_MAX));
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.max(), nanoseconds(INT64_MAX));
}

TEST(Histogram, PercentilesAreRightToABucket) {
  EXPECT_TRUE(rc::check([] {
    auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(
        rc::gen::inRange<std::int64_t>(0, 1LL << 40)));
    Histogram histogram;
    for (const std::int64_t value : values) histogram.add(nanoseconds(value));
    std::sort(values.begin(), values.end());
    const double share = *rc::gen::element(0.5, 0.9, 0.99, 1.0);
    const auto rank =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    const auto exact = values[rank - 1];
    const auto told = histogram.percentile(share).count();
    RC_ASSERT(told >= exact);
    RC_ASSERT(static_cast<double>(told) <= static_cast<double>(exact) * (1 + 1.0 / 64) + 1);
  }));
}

TEST(Histogram, MergingEqualsAdding) {
  EXPECT_TRUE(
      rc::check([](const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
        Histogram first;
        Histogram second;
        Histogram both;
        for (const auto value : a) first.add(nanoseconds(value)), both.add(nanoseconds(value));
        for (const auto value : b) second.add(nanoseconds(value)), both.add(nanoseconds(value));
        first.merge(second);
        RC_ASSERT(first.count() == both.count());
        RC_ASSERT(first.max() == both.max());
        RC_ASSERT(first.mean() == both.mean());
        RC_ASSERT(first.percentile(0.9) == both.percentile(0.9));
      }));
}

}  // namespace
}  // namespace sluice::cli::bench
