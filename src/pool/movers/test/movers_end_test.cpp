// SPDX-License-Identifier: Apache-2.0
// Movers that are killed or that time out.
#include "pool/movers/test/fixture.h"

#include <string>
#include <vector>

namespace sluice::pool {
namespace {

using namespace std::chrono_literals;

TEST_F(MoversTest, a_killed_mover_has_ended_and_left_its_place) {
  make_queue("q max_active=1");
  int ends = 0;
  Client& a = open("q", [&ends] { ++ends; });
  Client& b = open("q");
  EXPECT_FALSE(a.mover().ended());
  EXPECT_EQ(a.mover().why(), "");
  kill_file(a.mover().request().file);
  EXPECT_TRUE(a.mover().ended());
  EXPECT_EQ(a.mover().why(), "by hand");
  EXPECT_EQ(ends, 1);
  run();
  EXPECT_TRUE(b.is_open());
  EXPECT_EQ(load("q"), "1/0");
  EXPECT_EQ(movers_->kill(a.mover().id(), "again").error().code, Errc::not_found);
  a.close();  // is in no queue, takes nothing from it
  EXPECT_EQ(load("q"), "1/0");
  EXPECT_EQ(ends, 1);
  EXPECT_TRUE(has_metric("sluice_movers_killed_total{by=\"kill\",queue=\"q\"} 1"));
}

TEST_F(MoversTest, a_killed_open_stops_waiting) {
  make_queue("q max_active=0");
  int ends = 0;
  Client& a = open("q", [&ends] { ++ends; });
  kill_file(1);
  EXPECT_EQ(load("q"), "0/0");
  run();
  ASSERT_TRUE(a.error());
  EXPECT_EQ(a.error()->code, Errc::cancelled);
  EXPECT_EQ(a.error()->detail, "by hand");
  EXPECT_EQ(ends, 0);  // nobody had a mover
}

TEST_F(MoversTest, killed_between_its_place_and_its_turn) {
  make_queue("q max_active=1");
  int ends = 0;
  Client& a = open("q");
  Client& b = open("q", [&ends] { ++ends; });
  a.close();
  kill_file(2);
  run();
  ASSERT_TRUE(b.error());
  EXPECT_EQ(b.error()->detail, "by hand");
  EXPECT_EQ(ends, 0);
  EXPECT_EQ(load("q"), "0/0");
}

TEST_F(MoversTest, killed_and_cancelled) {
  make_queue("q max_active=0");
  Client& killed_first = open("q");
  Client& cancelled_first = open("q");
  kill_file(1);
  killed_first.cancel();
  cancelled_first.cancel();
  kill_file(2);
  run();
  EXPECT_EQ(killed_first.error()->detail, "by hand");
  EXPECT_EQ(cancelled_first.error()->detail, "by hand");
  EXPECT_EQ(load("q"), "0/0");
}

TEST_F(MoversTest, whoever_hears_of_the_end_may_let_go_at_once) {
  make_queue("q max_active=1");
  Client* a = nullptr;
  a = &open("q", [&a] { a->close(); });
  Client& b = open("q");
  kill_file(1);
  EXPECT_FALSE(a->is_open());
  run();
  EXPECT_TRUE(b.is_open());
}

// ---- Timeouts.

TEST_F(MoversTest, idle_ones_end) {
  make_queue("q max_active=2 idle=10s");
  int ends = 0;
  Client& busy = open("q");
  Client& idle = open("q", [&ends] { ++ends; });
  Client& next = open("q");
  ManualClock::advance(6s);
  busy.mover().count(1);
  movers_->sweep();
  ManualClock::advance(4s);
  movers_->sweep();
  EXPECT_FALSE(busy.mover().ended());
  ASSERT_TRUE(idle.mover().ended());
  EXPECT_EQ(idle.mover().why(), "idle for more than 10 s");
  EXPECT_EQ(ends, 1);
  run();
  EXPECT_TRUE(next.is_open());  // waiting is not idling
  ManualClock::advance(6s);
  movers_->sweep();
  EXPECT_TRUE(busy.mover().ended());
  EXPECT_FALSE(next.mover().ended());
  EXPECT_TRUE(has_metric("sluice_movers_killed_total{by=\"idle_timeout\",queue=\"q\"} 2"));
}

TEST_F(MoversTest, old_ones_end_however_busy) {
  make_queue("q total=1h idle=40min");
  Client& a = open("q");
  ManualClock::advance(30min);
  a.mover().count(1);
  movers_->sweep();
  EXPECT_FALSE(a.mover().ended());
  ManualClock::advance(30min);
  a.mover().count(1);
  movers_->sweep();
  ASSERT_TRUE(a.mover().ended());
  EXPECT_EQ(a.mover().why(), "open for more than 1 h");
}

TEST_F(MoversTest, timeouts_may_change_while_files_are_open) {
  Client& a = open();
  ManualClock::advance(24h);
  movers_->sweep();
  EXPECT_FALSE(a.mover().ended());
  ASSERT_TRUE(movers_->set_timeouts("regular", 25h, 0s));
  movers_->sweep();
  EXPECT_FALSE(a.mover().ended());
  ASSERT_TRUE(movers_->set_timeouts("regular", 1h, 0s));
  movers_->sweep();
  EXPECT_TRUE(a.mover().ended());
}

TEST_F(MoversTest, one_admitted_later_is_not_forgotten) {
  make_queue("q max_active=1 total=10s");
  Client& a = open("q");
  Client& b = open("q");
  movers_->sweep();
  ManualClock::advance(9s);
  a.close();
  run();
  ManualClock::advance(9s);
  movers_->sweep();
  EXPECT_FALSE(b.mover().ended());
  ManualClock::advance(1s);
  movers_->sweep();
  EXPECT_TRUE(b.mover().ended());
}

TEST(CoarseClock, runs_with_the_exact_one) {
  auto before = Mover::Clock::now() - std::chrono::milliseconds(20);
  auto now = coarse_now();
  EXPECT_GE(now, before);
  EXPECT_LE(now, Mover::Clock::now());
}

}  // namespace
}  // namespace sluice::pool
