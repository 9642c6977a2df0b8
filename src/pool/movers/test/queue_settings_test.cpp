// SPDX-License-Identifier: Apache-2.0
#include "pool/movers/queue_settings.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sluice::pool {
namespace {

using namespace std::chrono_literals;

TEST(QueueSettings, one_line) {
  auto queue = parse_queue("XRootD order=lifo max_active=200 idle=4h total=5d");
  ASSERT_TRUE(queue) << queue.error().message();
  EXPECT_EQ(*queue, (QueueSettings{"XRootD", {200, QueueOrder::lifo, 4h, std::chrono::days(5)}}));
  EXPECT_EQ(to_text(*queue), "XRootD order=lifo max_active=200 idle=4h total=5d");
}

TEST(QueueSettings, what_is_left_out_has_its_default) {
  EXPECT_EQ(parse_queue("  regular  ").value(), (QueueSettings{"regular", {}}));
  EXPECT_EQ(to_text(QueueSettings{"regular", {}}),
            "regular order=fifo max_active=1000 idle=off total=off");
}

TEST(QueueSettings, what_is_left_out_stays_as_it_was) {
  const QueueSettings before = parse_queue("q order=lifo max_active=7 idle=1h total=2h").value();
  const QueueSettings after = parse_queue("q max_active=8 idle=off", before.limits).value();
  EXPECT_EQ(after, parse_queue("q order=lifo max_active=8 total=2h").value());
}

TEST(QueueSettings, any_order_of_keys) {
  EXPECT_EQ(parse_queue("q total=90min idle=off max_active=0").value(),
            (QueueSettings{"q", {0, QueueOrder::fifo, 0ms, 90min}}));
}

TEST(QueueSettings, errors_say_what_is_wrong) {
  struct Row {
    std::string_view line;
    std::string_view what;
  };
  for (const Row& row : {
           Row{"", "a name has"},
           Row{"a/b", "a name has"},
           Row{"q=1", "a name has"},
           Row{"q order", "\"order\" is not one of"},
           Row{"q size=1", "\"size=1\" is not one of"},
           Row{"q order=random", "order: \"random\" is not one of fifo, lifo"},
           Row{"q order=fifo order=lifo", "order comes twice"},
           Row{"q max_active=-1", "max_active: not a number"},
           Row{"q max_active=1000001", "is not between 0 and 1000000"},
           Row{"q idle=14400", "idle: \"14400\" is not a number with a unit"},
           Row{"q total=", "total: \"\" is not a number with a unit"},
           Row{"q total=3651d", "a timeout is at most 3650 d"},
       }) {
    auto queue = parse_queue(row.line);
    ASSERT_FALSE(queue) << row.line;
    EXPECT_EQ(queue.error().code, Errc::invalid_argument) << row.line;
    EXPECT_NE(queue.error().detail.find(row.what), std::string::npos) << queue.error().detail;
  }
  EXPECT_FALSE(parse_queue(std::string(65, 'q')));
  EXPECT_FALSE(check({"q", {1, QueueOrder::fifo, -1ms, 0ms}}));
}

RC_GTEST_PROP(QueueSettings, text_and_back, (std::uint32_t seed, bool is_lifo)) {
  auto timeout = [] { return Duration(*rc::gen::inRange<std::int64_t>(0, timeout_limit.count())); };
  QueueSettings queue{"q." + std::to_string(seed),
                      {*rc::gen::inRange<std::uint32_t>(0, max_active_limit),
                       is_lifo ? QueueOrder::lifo : QueueOrder::fifo, timeout(), timeout()}};
  RC_ASSERT(parse_queue(to_text(queue)).value() == queue);
}

}  // namespace
}  // namespace sluice::pool
