// SPDX-License-Identifier: Apache-2.0
// A right to upload is good for one open, for as long as it lives; what is kept of it is bounded.
#include "pool/begun_uploads.h"

#include <gtest/gtest.h>

namespace sluice::pool {
namespace {

using catalogue::FileId;

TEST(BegunUploads, each_begins_once) {
  BegunUploads begun;
  EXPECT_TRUE(begun.begin({1}, 100, 50));
  EXPECT_TRUE(begun.begin({2}, 100, 50));
  EXPECT_FALSE(begun.begin({1}, 100, 60));
  EXPECT_FALSE(begun.begin({2}, 200, 100));
}

TEST(BegunUploads, a_living_right_is_remembered_among_very_many_dead_ones) {
  BegunUploads begun;
  EXPECT_TRUE(begun.begin({1}, 1'000'000, 0));
  for (std::uint32_t now = 10; now < 100'000; ++now) ASSERT_TRUE(begun.begin({now}, now + 5, now));
  EXPECT_FALSE(begun.begin({1}, 1'000'000, 100'000));
}

TEST(BegunUploads, what_is_owed_is_taken_once) {
  BegunUploads begun;
  EXPECT_TRUE(begun.take_owed().empty());
  begun.owe_abort({3});
  begun.owe_abort({4});
  EXPECT_EQ(begun.take_owed(), (std::vector<FileId>{{3}, {4}}));
  EXPECT_TRUE(begun.take_owed().empty());
}

}  // namespace
}  // namespace sluice::pool
