// SPDX-License-Identifier: Apache-2.0
// A limit of time around an operation: with_deadline(). Whoever waits for a peer waits through it.
#pragma once

#include "base/result.h"
#include "base/task_group.h"
#include "base/units.h"

#include <boost/asio/steady_timer.hpp>

#include <optional>
#include <utility>

namespace sluice {

template <class T>
asio::awaitable<void> run_within_deadline(Task<T> operation, std::optional<Result<T>>* result,
                                          asio::steady_timer* timer, bool* is_done) {
  struct Finish {  // also when the operation throws
    asio::steady_timer* timer;
    bool* is_done;
    ~Finish() {
      *is_done = true;
      timer->cancel();
    }
  } finish{timer, is_done};
  result->emplace(co_await std::move(operation));
}

// Runs `operation`; when `limit` has passed, cancels it, waits until it has ended, and returns
// Errc::timed_out unless it succeeded after all. Cancelling the caller cancels the operation. Its
// exceptions come out here.
template <class T>
Task<T> with_deadline(Task<T> operation, Duration limit) {
  asio::steady_timer timer(co_await asio::this_coro::executor, limit);
  std::optional<Result<T>> result;
  bool is_done = false;
  bool is_late = false;
  // The lambda is kept by with_task_group() and awaited here, so what it refers to outlives it.
  co_await with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(run_within_deadline<T>(std::move(operation), &result, &timer, &is_done));
    if (is_done) co_return;  // it ran through at once, so nobody would end the timer
    auto [error] = co_await timer.async_wait(as_value);
    is_late = !error && !is_done;
    if (!is_done) group.cancel();
  });
  if (result && (*result || !is_late)) co_return std::move(*result);
  if (is_late) co_return fail(Errc::timed_out, "no answer within " + to_text(limit));
  co_return fail(Errc::cancelled);
}

}  // namespace sluice
