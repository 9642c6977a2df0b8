// SPDX-License-Identifier: Apache-2.0
// Which thread moves bulk data: the loop's own, one of the lane while small requests are about, one of a given pool.
#include "net/loop.h"

#include <gtest/gtest.h>

#include <thread>

namespace sluice::net {
namespace {

class BulkLaneTest : public testing::Test {
 protected:
  // The thread that a piece of bulk data ran on, and whether the workspace was the loop's.
  struct Seen {
    std::thread::id thread;
    bool own_buffers = false;
  };

  Seen move_something(BlockingPool* elsewhere = nullptr) {
    std::optional<Seen> seen;
    spawn_root(loop_.context(), move(&loop_, elsewhere, &seen), [](std::exception_ptr thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    while (!seen) {
      loop_.context().restart();
      loop_.context().run_one_for(std::chrono::seconds(10));
    }
    return *seen;
  }

  const std::thread::id here_ = std::this_thread::get_id();
  Budget budget_{64 << 20};
  std::optional<BulkLane> lane_{std::in_place, 1};
  Loop loop_{0, budget_, &*lane_};

  // Its thread lets go of the loop a little after the loop has heard of the end.
  void TearDown() override { lane_.reset(); }

 private:
  static asio::awaitable<void> move(Loop* loop, BlockingPool* elsewhere, std::optional<Seen>* out) {
    auto look = [loop](Workspace& space) -> Result<Seen> {
      return Seen{std::this_thread::get_id(), space.in().data() == loop->in().data()};
    };
    Result<Seen> seen = co_await loop->bulk(look, elsewhere);
    out->emplace(seen.value());
  }
};

TEST_F(BulkLaneTest, BulkAloneStaysOnItsLoop) {
  Seen seen = move_something();
  EXPECT_EQ(seen.thread, here_);
  EXPECT_TRUE(seen.own_buffers);
}

TEST_F(BulkLaneTest, BulkBesideSmallRequestsLeavesTheLoop) {
  loop_.note_small(BulkLane::Clock::now());
  Seen seen = move_something();
  EXPECT_NE(seen.thread, here_);
  EXPECT_FALSE(seen.own_buffers);
}

TEST_F(BulkLaneTest, BulkReturnsWhenNobodyAsksForSmallThingsAnyMore) {
  loop_.note_small(BulkLane::Clock::now() - std::chrono::seconds(1));
  EXPECT_EQ(move_something().thread, here_);
}

TEST_F(BulkLaneTest, WhatMayBlockGoesWhereItIsSent) {
  BlockingPool blocking(1, 10);
  Seen seen = move_something(&blocking);
  EXPECT_NE(seen.thread, here_);
  EXPECT_FALSE(seen.own_buffers);
}

TEST_F(BulkLaneTest, ALoopWithoutALaneMovesEverythingItself) {
  Loop alone(1, budget_);
  alone.note_small(BulkLane::Clock::now());
  bool ran = false;
  spawn_root(
      alone.context(),
      [](Loop* loop, bool* out) -> asio::awaitable<void> {
        auto look = [](Workspace&) -> Result<std::thread::id> {
          return std::this_thread::get_id();
        };
        *out = (co_await loop->bulk(look)).value() == std::this_thread::get_id();
      }(&alone, &ran),
      [](std::exception_ptr) {});
  alone.context().run();
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace sluice::net
