// SPDX-License-Identifier: Apache-2.0
#include "app/rebalance.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace sluice::app {
namespace {

using catalogue::PoolId;
using Holders = std::vector<PoolId>;

Filling pool(std::int64_t id, std::uint64_t stored, std::uint64_t room) {
  return {{id}, "pool" + std::to_string(id), stored, room};
}

TEST(Balance, the_fullest_gives_to_the_emptiest) {
  Balance balance({pool(1, 90, 10), pool(2, 50, 50), pool(3, 10, 90)}, 0.05);
  EXPECT_DOUBLE_EQ(balance.mean(), 0.5);
  EXPECT_EQ(balance.excess(), 40U);
  const Filling* giver = balance.giver();
  ASSERT_NE(giver, nullptr);
  EXPECT_EQ(giver->pool, PoolId{1});
  EXPECT_EQ(balance.taker(*giver, 10, Holders{{1}})->pool, PoolId{3});
  EXPECT_EQ(balance.taker(*giver, 10, Holders{{1}, {3}}), nullptr);  // the second is at the mean
}

TEST(Balance, nothing_moves_that_would_only_change_places) {
  Balance balance({pool(1, 90, 10), pool(2, 10, 90)}, 0.05);
  EXPECT_EQ(balance.taker(*balance.giver(), 41, Holders{{1}}), nullptr);
  EXPECT_NE(balance.taker(*balance.giver(), 40, Holders{{1}}), nullptr);
}

TEST(Balance, close_to_the_mean_is_enough) {
  Balance balance({pool(1, 54, 46), pool(2, 46, 54)}, 0.05);
  EXPECT_EQ(balance.giver(), nullptr);
  EXPECT_EQ(balance.excess(), 0U);
}

TEST(Balance, a_pool_that_can_give_nothing_is_passed_over) {
  Balance balance({pool(1, 90, 10), pool(2, 80, 20), pool(3, 0, 100)}, 0.05);
  balance.stuck({1});
  EXPECT_EQ(balance.giver()->pool, PoolId{2});
  balance.stuck({2});
  EXPECT_EQ(balance.giver(), nullptr);
}

TEST(Balance, a_new_pool_among_small_ones) {
  Balance balance({pool(1, 10, 0), pool(2, 0, 1000)}, 0.05);
  EXPECT_EQ(balance.giver()->pool, PoolId{1});
  EXPECT_EQ(balance.taker(*balance.giver(), 9, Holders{{1}})->pool, PoolId{2});
}

// Whatever there is, it ends, and nobody takes more than there is room for.
RC_GTEST_PROP(Balance, moving_ends_and_makes_no_pool_fuller_than_the_mean, ()) {
  const auto sizes = *rc::gen::container<std::vector<std::pair<std::uint32_t, std::uint32_t>>>(
      rc::gen::pair(rc::gen::inRange(0U, 1000U), rc::gen::inRange(1U, 1000U)));
  std::vector<Filling> pools;
  for (const auto& [stored, room] : sizes)
    pools.push_back(pool(static_cast<std::int64_t>(pools.size()) + 1, stored, room));
  Balance balance(pools, 0.05);
  std::uint64_t moves = 0;
  while (const Filling* giver = balance.giver()) {
    const std::uint64_t size = 1 + *rc::gen::inRange(0U, 50U);
    const PoolId from = giver->pool;
    const Filling* taker = balance.taker(*giver, size, Holders{from});
    if (taker == nullptr) {
      balance.stuck(from);
      continue;
    }
    RC_ASSERT(taker->room >= size);
    const PoolId to = taker->pool;
    const std::uint64_t before = balance.excess();
    balance.moved(from, to, size);
    RC_ASSERT(balance.excess() < before);
    ++moves;
  }
  RC_ASSERT(moves <= 1'000'000U);
}

}  // namespace
}  // namespace sluice::app
