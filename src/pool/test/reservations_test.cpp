// SPDX-License-Identifier: Apache-2.0
#include "pool/reservations.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sluice::pool {
namespace {

TEST(Reservations, what_is_promised_is_no_other_s) {
  Reservations space;
  auto first = space.claim(60, 100);
  ASSERT_TRUE(first);
  EXPECT_EQ(space.claim(41, 100).error().code, Errc::no_space);
  EXPECT_TRUE(space.claim(40, 100));
  EXPECT_EQ(space.promised(), 60U);
}

TEST(Reservations, what_is_filled_is_the_disk_s_business) {
  Reservations space;
  auto claim = std::move(*space.claim(60, 100));
  claim->fill(20);
  EXPECT_EQ(space.promised(), 40U);
  claim->fill(1000);  // written twice, or more than announced
  EXPECT_EQ(space.promised(), 0U);
  claim.reset();
  EXPECT_EQ(space.promised(), 0U);
}

TEST(Reservations, what_is_left_comes_back) {
  Reservations space;
  {
    auto claim = space.claim(60, 100);
  }
  EXPECT_EQ(space.promised(), 0U);
}

TEST(Reservations, an_unknown_size_needs_some_room) {
  Reservations space;
  EXPECT_TRUE(space.claim(0, 1));
  EXPECT_EQ(space.claim(0, 0).error().code, Errc::no_space);
  auto all = space.claim(10, 10);
  EXPECT_EQ(space.claim(0, 10).error().code, Errc::no_space);
}

TEST(Reservations, a_claim_may_outlive_them) {
  auto space = std::make_unique<Reservations>();
  auto claim = std::move(*space->claim(1, 10));
  space.reset();
  claim->fill(1);
}

TEST(Reservations, threads_never_get_more_than_there_is) {
  Reservations space;
  std::atomic<int> granted{0};
  std::vector<std::unique_ptr<Reservations::Claim>> kept[4];
  std::vector<std::thread> threads;
  for (auto& mine : kept) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i)
        if (auto claim = space.claim(1, 500)) {
          mine.push_back(std::move(*claim));
          ++granted;
        }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(granted, 500);
}

}  // namespace
}  // namespace sluice::pool
