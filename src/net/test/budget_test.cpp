// SPDX-License-Identifier: Apache-2.0
#include "net/budget.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

TEST(Budget, RefusesWhatGoesBeyondItAndTakesItOnceThereIsRoom) {
  Budget budget(100);
  BudgetShare first(budget);
  BudgetShare second(budget);
  EXPECT_TRUE(first.try_resize(80));
  EXPECT_FALSE(second.try_resize(21));
  EXPECT_EQ(budget.used(), 80U);
  EXPECT_TRUE(first.try_resize(10));
  EXPECT_TRUE(second.try_resize(21));
}

TEST(Budget, LetsOneThroughThatIsLargerThanAllOfIt) {
  Budget budget(100);
  BudgetShare alone(budget);
  EXPECT_TRUE(alone.try_resize(1000));
  BudgetShare other(budget);
  EXPECT_FALSE(other.try_resize(1));
}

TEST(Budget, ForcedSharesMakeOthersWait) {
  Budget budget(100);
  BudgetShare forced(budget);
  forced.resize(150);
  BudgetShare other(budget);
  EXPECT_FALSE(other.try_resize(1));
  forced.resize(0);
  EXPECT_TRUE(other.try_resize(1));
}

TEST(Budget, SharesGiveBackWhenTheyEnd) {
  Budget budget(100);
  {
    BudgetShare share(budget);
    share.resize(60);
  }
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace sluice::net
