// SPDX-License-Identifier: Apache-2.0
// Who gets a place in a queue and when, and clients that go away at any moment.
#include "pool/movers/test/fixture.h"

#include <vector>

namespace sluice::pool {
namespace {

TEST_F(MoversTest, a_place_while_there_is_one) {
  make_queue("q max_active=2");
  Client& a = open("q");
  Client& b = open("q");
  EXPECT_TRUE(a.is_open() && b.is_open());
  EXPECT_EQ(load("q"), "2/0");
  Client& c = open("q");
  EXPECT_TRUE(c.is_waiting());
  EXPECT_EQ(load("q"), "2/1");
  a.close();
  run();
  EXPECT_TRUE(c.is_open());
  EXPECT_EQ(load("q"), "2/0");
}

TEST_F(MoversTest, a_free_place_is_given_without_suspending) {
  std::shared_ptr<Mover> got;
  spawn_root(
      *context_,
      [](Movers* movers, std::shared_ptr<Mover>* out) -> asio::awaitable<void> {
        *out = (co_await movers->admit({.file = 1})).value();
      }(movers_.get(), &got),
      [](std::exception_ptr) {});
  context_->run_one();  // the start of the coroutine, and nothing else
  EXPECT_TRUE(got);
}

TEST_F(MoversTest, the_first_come_are_served_first) {
  make_queue("q max_active=1");
  open("q");
  Client& a = open("q");
  Client& b = open("q");
  clients_.front().close();
  run();
  EXPECT_TRUE(a.is_open());
  EXPECT_TRUE(b.is_waiting());
  a.close();
  Client& late = open("q");  // does not overtake
  EXPECT_TRUE(b.is_open());
  EXPECT_TRUE(late.is_waiting());
}

TEST_F(MoversTest, lifo_serves_the_newest_first) {
  make_queue("q order=lifo max_active=1");
  open("q");
  Client& a = open("q");
  Client& b = open("q");
  clients_.front().close();
  run();
  EXPECT_TRUE(a.is_waiting());
  EXPECT_TRUE(b.is_open());
}

TEST_F(MoversTest, the_order_may_change_while_they_wait) {
  make_queue("q max_active=1");
  open("q");
  std::vector<Client*> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(&open("q"));
  ASSERT_TRUE(movers_->set_order("q", QueueOrder::lifo));
  clients_.front().close();
  run();
  EXPECT_TRUE(waiting[2]->is_open());
  ASSERT_TRUE(movers_->set_order("q", QueueOrder::fifo));
  waiting[2]->close();
  run();
  EXPECT_TRUE(waiting[0]->is_open());
}

TEST_F(MoversTest, a_full_queue_holds_up_no_other) {
  make_queue("slow max_active=1");
  make_queue("quick max_active=1");
  open("slow");
  EXPECT_TRUE(open("slow").is_waiting());
  for (int i = 0; i < 3; ++i) {
    Client& client = open("quick");
    EXPECT_TRUE(client.is_open());
    client.close();
  }
  EXPECT_TRUE(open("").is_open());
}

TEST_F(MoversTest, unknown_and_empty_names_mean_regular) {
  EXPECT_EQ(open("nobody made it").mover().request().queue, "regular");
  EXPECT_EQ(open("").mover().request().queue, "regular");
  EXPECT_EQ(load("regular"), "2/0");
}

TEST_F(MoversTest, not_everybody_may_wait) {
  make_queue("q max_active=0");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(open("q").is_waiting());
  Client& refused = open("q");
  ASSERT_TRUE(refused.error());
  EXPECT_EQ(refused.error()->code, Errc::overloaded);
  EXPECT_EQ(refused.error()->detail, "5 opens wait in mover queue q");
  EXPECT_EQ(load("q"), "0/5");
  EXPECT_TRUE(has_metric("sluice_movers_refused_total{queue=\"q\"} 1"));
}

TEST_F(MoversTest, more_places_are_filled_at_once) {
  make_queue("q max_active=0");
  for (int i = 0; i < 4; ++i) open("q");
  ASSERT_TRUE(movers_->set_max_active("q", 3));
  EXPECT_EQ(load("q"), "3/1");
  run();
  EXPECT_TRUE(std::next(clients_.begin(), 2)->is_open());
  EXPECT_TRUE(clients_.back().is_waiting());
}

TEST_F(MoversTest, a_place_at_once_or_none) {
  ASSERT_TRUE(movers_->set_max_active("regular", 1));
  auto first = movers_->admit_now({.file = 1});
  ASSERT_TRUE(first);
  EXPECT_EQ(movers_->list().at(0).id, first->id());
  EXPECT_FALSE(movers_->admit_now({.file = 2}));
  EXPECT_EQ(movers_->queues().at(0).waiting, 0U);
  first.reset();
  auto second = movers_->admit_now({.file = 3, .queue = "none"});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->request().queue, "regular");
}

TEST_F(MoversTest, fewer_places_end_nobody_and_admit_nobody) {
  make_queue("q max_active=2");
  Client& a = open("q");
  Client& b = open("q");
  Client& c = open("q");
  ASSERT_TRUE(movers_->set_max_active("q", 1));
  EXPECT_EQ(load("q"), "2/1");
  a.close();
  run();
  EXPECT_TRUE(c.is_waiting());
  b.close();
  run();
  EXPECT_TRUE(c.is_open());
}

// ---- The client goes away.

TEST_F(MoversTest, cancelled_while_it_waits) {
  make_queue("q max_active=1");
  Client& a = open("q");
  Client& b = open("q");
  Client& c = open("q");
  b.cancel();
  run();
  ASSERT_TRUE(b.error());
  EXPECT_EQ(b.error()->code, Errc::cancelled);
  EXPECT_EQ(load("q"), "1/1");
  a.close();
  run();
  EXPECT_TRUE(c.is_open());
}

TEST_F(MoversTest, cancelled_just_after_it_got_a_place) {
  make_queue("q max_active=1");
  Client& a = open("q");
  Client& b = open("q");
  a.close();  // b has the place and does not know it yet
  EXPECT_EQ(load("q"), "1/0");
  b.cancel();
  run();
  EXPECT_TRUE(b.is_open());
  b.close();
  EXPECT_EQ(load("q"), "0/0");
}

TEST_F(MoversTest, cancelled_just_before_it_gets_a_place) {
  make_queue("q max_active=1");
  Client& a = open("q");
  Client& b = open("q");
  b.cancel();  // its wait has ended and it has not looked yet
  a.close();
  EXPECT_EQ(load("q"), "1/0");
  run();
  EXPECT_TRUE(b.is_open());
  b.close();
  EXPECT_EQ(load("q"), "0/0");
}

TEST_F(MoversTest, cancelled_when_it_has_its_mover) {
  Client& a = open();
  a.cancel();
  run();
  EXPECT_EQ(load("regular"), "1/0");
  a.close();
  EXPECT_EQ(load("regular"), "0/0");
}

// The caller goes away with its mover in its frame.
TEST_F(MoversTest, a_cancelled_owner_frees_its_place) {
  asio::cancellation_signal signal;
  asio::co_spawn(
      *context_,
      [](Movers* movers) -> asio::awaitable<void> {
        auto mover = co_await movers->admit({.file = 1});
        asio::steady_timer forever(co_await asio::this_coro::executor,
                                   asio::steady_timer::time_point::max());
        co_await forever.async_wait(asio::use_awaitable);
      }(movers_.get()),
      asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
  run();
  EXPECT_EQ(load("regular"), "1/0");
  signal.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_EQ(load("regular"), "0/0");
}

TEST_F(MoversTest, a_loop_that_is_taken_down_takes_its_opens_along) {
  make_queue("q max_active=1");
  Client& a = open("q");
  open("q");  // waits
  open("q");
  a.close();  // the second has the place and never learns it
  EXPECT_EQ(load("q"), "1/1");
  context_.reset();
  EXPECT_EQ(load("q"), "0/0");
}

TEST_F(MoversTest, movers_may_outlive_the_service) {
  open();
  std::weak_ptr<Movers> movers = movers_;
  movers_.reset();
  EXPECT_FALSE(movers.expired());
  clients_.front().close();
  EXPECT_TRUE(movers.expired());
}

}  // namespace
}  // namespace sluice::pool
