// SPDX-License-Identifier: Apache-2.0
// Structured concurrency: the children of a TaskGroup end before with_task_group() returns,
// whatever ended it. One executor only, which must run on one thread; co_spawn stands here, in
// offload.h and in app, nowhere else.
#pragma once

#include "base/result.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <list>
#include <optional>
#include <utility>

namespace sluice {

// Completion token of every network call: errors come back as values.
inline constexpr auto as_value = asio::as_tuple(asio::use_awaitable);

// True for the exception with which a cancelled coroutine ends.
inline bool is_cancellation(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor)
      : idle_(std::move(executor), asio::steady_timer::time_point::max()) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() {
    if (!children_.empty()) std::terminate();  // only a caller that skipped join() can get here
  }

  // Starts `body` as a child; an exception it throws comes out of join(). The siblings go on: a
  // child that must not fail alone cancels the group itself.
  void spawn(asio::awaitable<void> body) {
    auto child = children_.emplace(children_.end());
    asio::co_spawn(idle_.get_executor(), std::move(body),
                   asio::bind_cancellation_slot(child->slot(), [this, child](std::exception_ptr e) {
                     children_.erase(child);
                     if (e && !error_ && !(cancelled_ && is_cancellation(e))) error_ = e;
                     if (children_.empty()) idle_.cancel();
                   }));
    // A child never completes inside co_spawn, so it is still there.
    if (owner_cancelled_) child->emit(asio::cancellation_type::terminal);
  }

  void cancel() {
    cancelled_ = true;
    for (auto child = children_.begin(); child != children_.end();) {
      (child++)->emit(asio::cancellation_type::terminal);
    }
  }

  std::size_t size() const { return children_.size(); }
  asio::any_io_executor executor() { return idle_.get_executor(); }

  asio::awaitable<void> join() {
    while (!children_.empty()) {
      auto state = co_await asio::this_coro::cancellation_state;
      // Our owner was cancelled: pass it on, also to whoever is spawned later, and keep waiting.
      if (state.cancelled() != asio::cancellation_type::none) {
        owner_cancelled_ = true;
        cancel();
      }
      if (children_.empty()) break;
      co_await idle_.async_wait(as_value);
    }
    if (error_) std::rethrow_exception(std::exchange(error_, {}));
  }

 private:
  asio::steady_timer idle_;  // never fires; cancelling it wakes join()
  std::list<asio::cancellation_signal> children_;
  std::exception_ptr error_;
  bool cancelled_ = false;  // since then "operation aborted" is how a child ends, not an error
  bool owner_cancelled_ = false;  // join() saw it
};

// Body: awaitable<void>(TaskGroup&), the one allowed reference. Returns when body and children are
// gone. An exception of the body cancels the children; the first exception, of the body or of a
// child, comes out here.
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
  bool throws = co_await asio::this_coro::throw_if_cancelled();
  // Else join() is never entered after a cancellation.
  co_await asio::this_coro::throw_if_cancelled(false);
  try {
    co_await group.join();
  } catch (...) {
    if (!failure) failure = std::current_exception();
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (failure) std::rethrow_exception(failure);
}

template <class T>
asio::awaitable<void> keep_value(asio::awaitable<T> step, std::optional<T>* value) {
  value->emplace(co_await std::move(step));
}

// For steps that must finish (commit, release): `step` runs to its end although the caller is or
// gets cancelled; the caller notices at its next co_await. The step is a coroutine of its own
// without a way to cancel it, because switching cancellation off in this one would forget a
// cancellation that arrives meanwhile. Asio refuses the co_await itself where the caller is
// cancelled already: a release after a cancellation needs this_coro::throw_if_cancelled(false) in
// front of it.
template <class T>
asio::awaitable<T> uncancellable(asio::awaitable<T> step) {
  auto executor = co_await asio::this_coro::executor;
  bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  std::optional<T> value;
  std::exception_ptr failure;
  try {
    co_await asio::co_spawn(
        executor, keep_value(std::move(step), &value),
        asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
  } catch (...) {
    failure = std::current_exception();
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (failure) std::rethrow_exception(failure);
  co_return std::move(*value);
}

// Starts the root of a tree of coroutines, which has no owner but its executor: a loop's ticker, a
// connection, an acceptor. `end` hears of the exception that ended it, or nullptr.
template <class Executor, class End>
void spawn_root(Executor&& executor, asio::awaitable<void> body, End end) {
  asio::co_spawn(std::forward<Executor>(executor), std::move(body), std::move(end));
}

// Runs `body` on another executor and resumes the caller on its own with the value.
template <class Executor, class T>
asio::awaitable<T> run_on(Executor& executor, asio::awaitable<T> body) {
  co_return co_await asio::co_spawn(executor, std::move(body), asio::use_awaitable);
}

}  // namespace sluice
