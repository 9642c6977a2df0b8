// SPDX-License-Identifier: Apache-2.0
#include "base/offload.h"

#include "base/task_group.h"
#include "base/test/run.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

namespace sluice {
namespace {

// A job that runs until the test lets it go.
struct Gate {
  std::promise<void> entered, open;
  std::shared_future<void> opened{open.get_future()};
  Status pass() {
    entered.set_value();
    opened.wait();
    return {};
  }
};

TEST(Offload, result_comes_back_on_the_loop) {
  BlockingPool pool(2, 10);
  auto loop = std::this_thread::get_id();
  std::thread::id job, back;
  run([](BlockingPool* p, std::thread::id* there, std::thread::id* here) -> asio::awaitable<void> {
    auto result = co_await offload(*p, [there]() -> Result<int> {
      *there = std::this_thread::get_id();
      return 5;
    });
    EXPECT_EQ(*result, 5);
    *here = std::this_thread::get_id();
  }(&pool, &job, &back));
  EXPECT_NE(job, loop);
  EXPECT_EQ(back, loop);
}

TEST(Offload, errors_and_move_only_values) {
  BlockingPool pool(1, 10);
  auto failed = run_for(offload(pool, []() -> Result<int> { return fail(Errc::io, "disk"); }));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::io);
  auto box = run_for(
      offload(pool, []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(3); }));
  EXPECT_EQ(**box, 3);
  EXPECT_TRUE(run_for(offload(pool, []() -> Status { return {}; })));
}

TEST(Offload, exception_comes_out_at_the_caller) {
  BlockingPool pool(1, 10);
  EXPECT_THROW(
      (void)run_for(offload(pool, []() -> Result<int> { throw std::runtime_error("bug"); })),
      std::runtime_error);
  EXPECT_EQ(*run_for(offload(pool, []() -> Result<int> { return 1; })),
            1);  // the thread is still there
}

TEST(Offload, full_queue_is_refused_at_once) {
  BlockingPool pool(1, 1);
  Gate gate;
  ASSERT_TRUE(pool.submit([&] { (void)gate.pass(); }));
  gate.entered.get_future().wait();
  std::atomic<bool> ran = false;
  ASSERT_TRUE(pool.submit([&] { ran = true; }));
  EXPECT_EQ(pool.queued(), 1U);
  auto refused = run_for(offload(pool, []() -> Result<int> { return 1; }));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  gate.open.set_value();
  while (!ran) std::this_thread::yield();
  EXPECT_EQ(*run_for(offload(pool, []() -> Result<int> { return 1; })), 1);
}

TEST(Offload, a_cancelled_caller_waits_until_the_job_has_ended) {
  BlockingPool pool(1, 10);
  Gate gate;
  bool job_ended = false, caller_ended_after_job = false, went_on = false;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    struct Marks {
      Gate* gate;
      bool *job_ended, *caller_ended_after_job, *went_on;
    };
    group.spawn([](BlockingPool* p, Marks marks) -> asio::awaitable<void> {
      struct End {
        Marks marks;
        ~End() { *marks.caller_ended_after_job = *marks.job_ended; }
      } end{marks};
      auto result = co_await offload(*p, [marks] {
        Status status = marks.gate->pass();
        *marks.job_ended = true;
        return status;
      });
      EXPECT_TRUE(result);
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
      *marks.went_on = true;
    }(&pool, Marks{&gate, &job_ended, &caller_ended_after_job, &went_on}));
    gate.entered.get_future().wait();
    group.cancel();
    gate.open.set_value();
    co_return;
  }));
  EXPECT_TRUE(caller_ended_after_job);
  EXPECT_FALSE(went_on);
}

TEST(Offload, nothing_of_the_loop_is_touched_after_the_caller_has_run) {
  BlockingPool pool(2, 10);  // lives longer than each of the loops
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(*run_for(offload(pool, [i]() -> Result<int> { return i; })), i);
  }
}

TEST(Offload, many_at_once_from_one_loop) {
  BlockingPool pool(4, 1000);
  std::atomic<int> ran = 0;
  int done = 0;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    for (int i = 0; i < 500; ++i) {
      group.spawn([](BlockingPool* p, std::atomic<int>* jobs, int* ended) -> asio::awaitable<void> {
        auto result = co_await offload(*p, [jobs]() -> Result<int> { return ++*jobs; });
        EXPECT_TRUE(result);
        ++*ended;
      }(&pool, &ran, &done));
    }
    co_return;
  }));
  EXPECT_EQ(ran, 500);
  EXPECT_EQ(done, 500);
}

TEST(BlockingPool, runs_what_is_queued_before_it_goes) {
  std::atomic<int> ran = 0;
  {
    BlockingPool pool(1, 100);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.submit([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 50);
}

}  // namespace
}  // namespace sluice
