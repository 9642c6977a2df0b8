// SPDX-License-Identifier: Apache-2.0
#include "pool/pace.h"

#include <gtest/gtest.h>

namespace sluice::pool {
namespace {

using namespace std::chrono_literals;

TEST(Pace, what_was_spent_must_become_due) {
  Pace::Clock::time_point now{};
  Pace pace;
  pace.begin(now);
  EXPECT_EQ(pace.due(now, 1000), 0ms);
  pace.spend(500);
  EXPECT_EQ(pace.due(now, 1000), 500ms);
  EXPECT_EQ(pace.due(now + 200ms, 1000), 300ms);
  EXPECT_EQ(pace.due(now + 500ms, 1000), 0ms);
}

TEST(Pace, nobody_waits_longer_than_a_second_to_hear_of_another_rate) {
  Pace::Clock::time_point now{};
  Pace pace;
  pace.begin(now);
  pace.spend(1'000'000);
  EXPECT_EQ(pace.due(now, 1), 1000ms);
  EXPECT_EQ(pace.due(now, 10'000'000), 100ms);
  EXPECT_EQ(pace.due(now + 100ms, 10'000'000), 0ms);
}

TEST(Pace, time_that_was_not_used_is_lost) {
  Pace::Clock::time_point now{};
  Pace pace;
  pace.begin(now);
  EXPECT_EQ(pace.due(now + 24h, 1000), 0ms);
  now += 48h;
  pace.begin(now);
  pace.spend(1000);
  EXPECT_EQ(pace.due(now, 1000), 1000ms);
}

TEST(Pace, what_the_work_itself_took_counts) {
  Pace::Clock::time_point now{};
  Pace pace;
  pace.begin(now);
  pace.spend(1000);
  EXPECT_EQ(pace.due(now + 400ms, 1000), 600ms);
}

}  // namespace
}  // namespace sluice::pool
