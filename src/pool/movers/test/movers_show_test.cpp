// SPDX-License-Identifier: Apache-2.0
// What an operator sees of movers, and what he does with queues.
#include "pool/movers/test/fixture.h"

#include <string>
#include <vector>

namespace sluice::pool {
namespace {

using namespace std::chrono_literals;

TEST_F(MoversTest, list) {
  make_queue("q max_active=1");
  Client& a = open({.file = 7,
                    .path = "/a",
                    .user = "u",
                    .client = "c:1",
                    .door = "d",
                    .application = "root",
                    .writes = true,
                    .queue = "q"});
  open({.file = 8, .path = "/b", .queue = "q"});
  ManualClock::advance(2s);
  a.mover().count(100);
  a.mover().count(23);
  ManualClock::advance(3s);
  std::vector<MoverInfo> all = movers_->list();
  ASSERT_EQ(all.size(), 2U);
  const MoverInfo& active = all[0];
  EXPECT_EQ(active.id, a.mover().id());
  EXPECT_TRUE(active.is_active);
  EXPECT_EQ(active.request.file, 7);
  EXPECT_EQ(active.request.path, "/a");
  EXPECT_EQ(active.request.user, "u");
  EXPECT_EQ(active.request.client, "c:1");
  EXPECT_EQ(active.request.door, "d");
  EXPECT_EQ(active.request.application, "root");
  EXPECT_EQ(active.request.queue, "q");
  EXPECT_TRUE(active.request.writes);
  EXPECT_EQ(active.bytes, 123U);
  EXPECT_EQ(active.waited, 0s);
  EXPECT_EQ(active.running, 5s);
  EXPECT_EQ(active.idle, 3s);
  EXPECT_FALSE(all[1].is_active);
  EXPECT_EQ(all[1].waited, 5s);
  EXPECT_EQ(all[1].running, 0s);
  EXPECT_EQ(all[1].idle, 0s);
}

TEST_F(MoversTest, a_mover_knows_how_long_it_waited) {
  make_queue("q max_active=1");
  Client& a = open("q");
  Client& b = open("q");
  ManualClock::advance(1500ms);
  a.close();
  run();
  ManualClock::advance(1s);
  EXPECT_EQ(b.mover().waited(), 1500ms);
  EXPECT_EQ(b.mover().running(), 1s);
  EXPECT_TRUE(has_metric("sluice_movers_waited_seconds_count{queue=\"q\"} 2"));
  EXPECT_TRUE(has_metric("sluice_movers_waited_seconds_sum{queue=\"q\"} 1.5"));
}

TEST_F(MoversTest, gauges) {
  make_queue("q max_active=1");
  Client& a = open("q");
  Client& b = open("q");
  EXPECT_TRUE(has_metric("sluice_movers_active{queue=\"q\"} 1"));
  EXPECT_TRUE(has_metric("sluice_movers_waiting{queue=\"q\"} 1"));
  a.close();
  run();
  b.close();
  EXPECT_TRUE(has_metric("sluice_movers_active{queue=\"q\"} 0"));
  EXPECT_TRUE(has_metric("sluice_movers_waiting{queue=\"q\"} 0"));
}

TEST_F(MoversTest, queues_are_made_changed_and_removed) {
  make_queue("q max_active=1");
  EXPECT_EQ(movers_->create({"q", {}}).error().code, Errc::exists);
  EXPECT_EQ(movers_->create({"no spaces", {}}).error().code, Errc::invalid_argument);
  EXPECT_EQ(movers_->remove("regular").error().code, Errc::invalid_argument);
  EXPECT_EQ(movers_->remove("other").error().code, Errc::not_found);
  EXPECT_EQ(movers_->set_max_active("other", 1).error().code, Errc::not_found);
  EXPECT_EQ(movers_->set_timeouts("q", -1s, 0s).error().code, Errc::invalid_argument);
  Client& a = open("q");
  EXPECT_EQ(movers_->remove("q").error().code, Errc::exists);
  a.close();
  EXPECT_TRUE(movers_->remove("q"));
  EXPECT_EQ(load("q"), "none");
  EXPECT_EQ(open("q").mover().request().queue, "regular");
}

TEST_F(MoversTest, a_killed_mover_does_not_hold_its_queue) {
  make_queue("q");
  Client& a = open("q");
  kill_file(1);
  EXPECT_TRUE(movers_->remove("q"));
  EXPECT_EQ(a.mover().request().queue, "q");
  a.close();
}

TEST_F(MoversTest, put_makes_or_changes) {
  make_queue("q max_active=0");
  Client& a = open("q");
  ASSERT_TRUE(movers_->put(parse_queue("q max_active=7 idle=1h").value()));
  ASSERT_TRUE(movers_->put(parse_queue("regular order=lifo").value()));
  ASSERT_TRUE(movers_->put(parse_queue("new").value()));
  run();
  EXPECT_TRUE(a.is_open());
  std::vector<std::string> lines;
  for (const QueueInfo& queue : movers_->queues()) lines.push_back(to_text(queue.settings));
  EXPECT_EQ(lines,
            (std::vector<std::string>{"new order=fifo max_active=1000 idle=off total=off",
                                      "q order=fifo max_active=7 idle=1h total=off",
                                      "regular order=lifo max_active=1000 idle=off total=off"}));
}

TEST_F(MoversTest, there_is_an_end_to_queues) {
  for (std::size_t i = 1; i < Movers::max_queues; ++i) make_queue("q" + std::to_string(i));
  EXPECT_EQ(movers_->create({"one_more", {}}).error().code, Errc::no_space);
}

}  // namespace
}  // namespace sluice::pool
