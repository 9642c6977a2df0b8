// SPDX-License-Identifier: Apache-2.0
#include "base/deadline.h"

#include "base/test/run.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>

namespace sluice {
namespace {

using namespace std::chrono_literals;

// What became of an operation.
struct Record {
  bool is_started = false;
  bool is_cancelled = false;
  bool is_ended = false;
};

Task<int> at_once(int value) { co_return value; }

Task<int> after(Duration time, int value) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  auto [error] = co_await timer.async_wait(as_value);
  if (error) co_return fail(Errc::cancelled);
  co_return value;
}

// Never ends by itself, and needs some turns to end when it is cancelled.
Task<int> never(Record* record) {
  record->is_started = true;
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  auto [error] = co_await timer.async_wait(as_value);
  record->is_cancelled = error == asio::error::operation_aborted;
  co_await asio::this_coro::throw_if_cancelled(false);
  for (int i = 0; i < 3; ++i) co_await asio::post(timer.get_executor(), asio::use_awaitable);
  record->is_ended = true;
  co_return fail(Errc::io, "some failure of a cancelled operation");
}

Task<int> never_by_exception(Record* record) {
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  record->is_started = true;
  co_await timer.async_wait(asio::use_awaitable);
  co_return 1;
}

TEST(Deadline, in_time) {
  EXPECT_EQ(*run_for(with_deadline(at_once(3), 10s)), 3);
  EXPECT_EQ(*run_for(with_deadline(after(1ms, 4), 10s)), 4);
}

TEST(Deadline, an_error_in_time_is_its_own) {
  auto failing = []() -> Task<int> { co_return fail(Errc::not_found, "x"); };
  auto result = run_for(with_deadline(failing(), 10s));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::not_found);
}

TEST(Deadline, too_late_cancels_and_waits) {
  Record record;
  auto result = run_for(with_deadline(never(&record), 5ms));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::timed_out);
  EXPECT_EQ(result.error().detail, "no answer within 5 ms");
  EXPECT_TRUE(record.is_cancelled);
  EXPECT_TRUE(record.is_ended);
}

TEST(Deadline, too_late_and_the_operation_ends_by_exception) {
  Record record;
  auto result = run_for(with_deadline(never_by_exception(&record), 5ms));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::timed_out);
}

TEST(Deadline, what_succeeds_although_late_is_not_lost) {
  auto stubborn = []() -> Task<int> { co_return *co_await uncancellable(after(20ms, 5)); };
  EXPECT_EQ(*run_for(with_deadline(stubborn(), 1ms)), 5);
}

TEST(Deadline, exceptions_come_out) {
  auto throwing = []() -> Task<int> {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    throw std::runtime_error("bug");
  };
  EXPECT_THROW((void)run_for(with_deadline(throwing(), 10s)), std::runtime_error);
}

TEST(Deadline, move_only_and_void_results) {
  auto pointer = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(8); };
  EXPECT_EQ(**run_for(with_deadline(pointer(), 10s)), 8);
  auto nothing = []() -> Task<void> { co_return Status{}; };
  EXPECT_TRUE(run_for(with_deadline(nothing(), 10s)));
}

TEST(Deadline, cancelling_the_caller_cancels_the_operation) {
  Record record;
  bool went_on = false;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn([](Record* r, bool* after_it) -> asio::awaitable<void> {
      auto result = co_await with_deadline(never(r), 3600s);
      EXPECT_FALSE(result);
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
      *after_it = true;
    }(&record, &went_on));
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    group.cancel();
  }));
  EXPECT_TRUE(record.is_cancelled);
  EXPECT_TRUE(record.is_ended);
  EXPECT_FALSE(went_on);
}

TEST(Deadline, nested) {
  Record record;
  auto result = run_for(with_deadline(with_deadline(never(&record), 3600s), 5ms));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::timed_out);
  EXPECT_TRUE(record.is_ended);
}

}  // namespace
}  // namespace sluice
