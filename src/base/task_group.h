// SPDX-License-Identifier: Apache-2.0
// Structured concurrency: the children of a TaskGroup end before with_task_group() returns, whatever ended it.
// One executor only, which must run on one thread; co_spawn stands here, in offload.h and in app, nowhere else.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/as_tuple.hpp>
#include <exception>
#include <list>
#include <utility>

#include "base/result.h"

namespace sluice {

// Completion token of every network call: errors come back as values.
inline constexpr auto as_value = asio::as_tuple(asio::use_awaitable);

class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor)
      : idle_(std::move(executor), asio::steady_timer::time_point::max()) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() {
    if (!children_.empty()) std::terminate();  // only a caller that skipped join() can get here
  }

  // Starts `body` as a child; an exception it throws comes out of join().
  void spawn(asio::awaitable<void> body) {
    auto child = children_.emplace(children_.end());
    asio::co_spawn(idle_.get_executor(), std::move(body),
                   asio::bind_cancellation_slot(child->slot(), [this, child](std::exception_ptr e) {
                     children_.erase(child);
                     if (e && !error_) error_ = e;
                     if (children_.empty()) idle_.cancel();
                   }));
  }

  void cancel() {
    for (auto child = children_.begin(); child != children_.end();) {
      (child++)->emit(asio::cancellation_type::terminal);
    }
  }

  std::size_t size() const { return children_.size(); }

  asio::awaitable<void> join() {
    while (!children_.empty()) {
      auto state = co_await asio::this_coro::cancellation_state;
      // Our owner was cancelled: pass it on, keep waiting.
      if (state.cancelled() != asio::cancellation_type::none) cancel();
      if (children_.empty()) break;
      co_await idle_.async_wait(as_value);
    }
    if (error_) std::rethrow_exception(std::exchange(error_, {}));
  }

 private:
  asio::steady_timer idle_;  // never fires; cancelling it wakes join()
  std::list<asio::cancellation_signal> children_;
  std::exception_ptr error_;
};

// Body: awaitable<void>(TaskGroup&), the one allowed reference. Returns when body and children are gone;
// an exception of the body or of a child cancels the others and comes out here.
template <class Body>
asio::awaitable<void> with_task_group(Body body) {
  TaskGroup group(co_await asio::this_coro::executor);
  std::exception_ptr failure;
  try {
    co_await body(group);
  } catch (...) {
    failure = std::current_exception();
    group.cancel();
  }
  co_await asio::this_coro::throw_if_cancelled(false);  // else join() is never entered after a cancellation
  try {
    co_await group.join();
  } catch (...) {
    if (!failure) failure = std::current_exception();
  }
  co_await asio::this_coro::throw_if_cancelled(true);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace sluice
