// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/event.h"

#include "base/test/run.h"

#include <gtest/gtest.h>

namespace sluice::xroot::client {
namespace {

asio::awaitable<void> wait_and_count(Event* event, int* count) {
  co_await event->wait();
  ++*count;
}

TEST(Event, LetsEverybodyPassOnceItIsSet) {
  int count = 0;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    Event event(group.executor());
    for (int i = 0; i < 3; ++i) group.spawn(wait_and_count(&event, &count));
    co_await asio::post(group.executor(), asio::use_awaitable);
    EXPECT_EQ(count, 0);
    event.set();
    EXPECT_EQ(count, 0);  // never on the stack of set()
    co_await group.join();
    co_await event.wait();
  }));
  EXPECT_EQ(count, 3);
}

TEST(Event, WaitsAgainAfterReset) {
  int count = 0;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    Event event(group.executor());
    event.set();
    event.reset();
    group.spawn(wait_and_count(&event, &count));
    co_await asio::post(group.executor(), asio::use_awaitable);
    EXPECT_EQ(count, 0);
    event.set();
    co_await group.join();
  }));
  EXPECT_EQ(count, 1);
}

TEST(Event, ACancelledWaiterLeavesTheOthers) {
  int cancelled = 0;
  int passed = 0;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    Event event(group.executor());
    group.spawn(wait_and_count(&event, &passed));
    co_await with_task_group([&](TaskGroup& inner) -> asio::awaitable<void> {
      inner.spawn(wait_and_count(&event, &cancelled));
      co_await asio::post(group.executor(), asio::use_awaitable);
      inner.cancel();
    });
    event.set();
    co_await group.join();
  }));
  EXPECT_EQ(cancelled, 0);
  EXPECT_EQ(passed, 1);
}

// Set and cancelled before the waiter runs: it passes or ends, but is woken once only.
TEST(Event, SurvivesACancellationAfterSet) {
  int count = 0;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    auto event = std::make_unique<Event>(group.executor());
    co_await with_task_group([&](TaskGroup& inner) -> asio::awaitable<void> {
      inner.spawn(wait_and_count(event.get(), &count));
      co_await asio::post(group.executor(), asio::use_awaitable);
      event->set();
      inner.cancel();
      event.reset();
    });
  }));
  EXPECT_LE(count, 1);
}

}  // namespace
}  // namespace sluice::xroot::client
