// SPDX-License-Identifier: Apache-2.0
#include "door/hot_files.h"

#include <gtest/gtest.h>

#include <thread>

namespace sluice::door {
namespace {

using catalogue::FileId;
using Files = std::vector<FileId>;

void count(HotFiles& hot, FileId file, int times) {
  for (int i = 0; i < times; ++i) hot.count(file);
}

TEST(HotFiles, a_file_is_found_when_it_was_opened_often_enough) {
  HotFiles hot(5);
  count(hot, {7}, 4);
  EXPECT_EQ(hot.take(), Files{});
  hot.count({7});
  EXPECT_EQ(hot.take(), Files{{7}});
  count(hot, {7}, 4);
  EXPECT_EQ(hot.take(), Files{});
  hot.count({7});
  EXPECT_EQ(hot.take(), Files{{7}});
}

TEST(HotFiles, each_count_begins_anew) {
  HotFiles hot(5);
  count(hot, {7}, 4);
  hot.forget();
  count(hot, {7}, 4);
  EXPECT_EQ(hot.take(), Files{});
  hot.count({7});
  EXPECT_EQ(hot.take(), Files{{7}});
}

TEST(HotFiles, nothing_is_hot_where_nobody_asked_for_it) {
  HotFiles hot(0);
  count(hot, {7}, 1000);
  EXPECT_EQ(hot.take(), Files{});
}

TEST(HotFiles, neighbours_are_counted_apart) {
  HotFiles hot(3);
  for (std::int64_t file = 1; file <= 500; ++file) count(hot, {file}, 2);
  EXPECT_LT(hot.take().size(), 5U);
}

TEST(HotFiles, no_more_are_kept_than_somebody_can_take_care_of) {
  HotFiles hot(1);
  for (std::int64_t file = 1; file <= 10'000; ++file) hot.count({file});
  EXPECT_EQ(hot.take().size(), 100U);
}

TEST(HotFiles, threads_find_it_once) {
  HotFiles hot(1000);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { count(hot, {7}, 400); });
  }
  EXPECT_EQ(hot.take(), Files{{7}});
}

}  // namespace
}  // namespace sluice::door
