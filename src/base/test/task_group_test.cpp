// SPDX-License-Identifier: Apache-2.0
#include "base/task_group.h"

#include "base/test/run.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace sluice {
namespace {

using namespace std::chrono_literals;

using Trace = std::vector<std::string>;

// Waits for ever; writes down how it ended.
asio::awaitable<void> wait_forever(Trace* trace, std::string name) {
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  auto [error] = co_await timer.async_wait(as_value);
  trace->push_back(name + (error == asio::error::operation_aborted ? " cancelled" : " woke"));
}

// The same, but a cancellation comes out as the exception that Asio throws.
asio::awaitable<void> wait_and_throw(Trace* trace, std::string name) {
  struct End {
    Trace* trace;
    std::string name;
    ~End() { trace->push_back(name + " ended"); }
  } end{trace, name};
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> turn() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

asio::awaitable<void> note(Trace* trace, std::string name) {
  co_await turn();
  trace->push_back(name);
}

asio::awaitable<void> throw_after_a_turn() {
  co_await turn();
  throw std::runtime_error("child");
}

TEST(TaskGroup, returns_when_the_children_are_gone) {
  Trace trace;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(note(&trace, "a"));
    group.spawn(note(&trace, "b"));
    EXPECT_EQ(group.size(), 2U);
    trace.push_back("body");
    co_return;
  }));
  EXPECT_EQ(trace, (Trace{"body", "a", "b"}));
}

TEST(TaskGroup, without_children) {
  run(with_task_group([](TaskGroup&) -> asio::awaitable<void> { co_return; }));
}

TEST(TaskGroup, body_cancels) {
  Trace trace;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(wait_forever(&trace, "a"));
    group.spawn(wait_and_throw(&trace, "b"));  // its "operation aborted" is no error
    co_await turn();
    group.cancel();
  }));
  EXPECT_EQ(trace, (Trace{"a cancelled", "b ended"}));
}

TEST(TaskGroup, child_cancels_its_group_and_itself) {
  Trace trace;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(wait_forever(&trace, "a"));
    group.spawn([](TaskGroup* all, Trace* log) -> asio::awaitable<void> {
      co_await turn();
      all->cancel();
      log->push_back("cancelling");
      co_await turn();
      log->push_back("never");
    }(&group, &trace));
    co_return;
  }));
  EXPECT_EQ(trace, (Trace{"cancelling", "a cancelled"}));
}

TEST(TaskGroup, body_throws) {
  Trace trace;
  EXPECT_THROW(run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
                 group.spawn(wait_forever(&trace, "a"));
                 co_await turn();
                 throw std::runtime_error("body");
               })),
               std::runtime_error);
  EXPECT_EQ(trace, (Trace{"a cancelled"}));
}

TEST(TaskGroup, child_throws) {
  Trace trace;
  try {
    run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
      group.spawn(throw_after_a_turn());
      group.spawn(note(&trace, "sibling"));
      co_return;
    }));
    ADD_FAILURE() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "child");
  }
  EXPECT_EQ(trace, (Trace{"sibling"}));
}

TEST(TaskGroup, the_exception_of_the_body_wins) {
  EXPECT_THROW(run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
                 group.spawn(throw_after_a_turn());
                 throw std::logic_error("body");
                 co_return;
               })),
               std::logic_error);
}

// An owner of a group with one child, itself a child that can be cancelled.
asio::awaitable<void> owner_waiting_in_body(Trace* trace) {
  co_await with_task_group([trace](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(wait_forever(trace, "child"));
    co_await wait_forever(trace, "body");
  });
  trace->push_back("group gone");
  co_await turn();
  trace->push_back("never");
}

asio::awaitable<void> owner_waiting_in_join(Trace* trace) {
  co_await with_task_group([trace](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(wait_forever(trace, "child"));
    co_return;
  });
  trace->push_back("group gone");
  co_await turn();
  trace->push_back("never");
}

TEST(TaskGroup, owner_cancelled_in_body) {
  Trace trace;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(owner_waiting_in_body(&trace));
    co_await turn();
    group.cancel();
  }));
  EXPECT_EQ(trace, (Trace{"body cancelled", "child cancelled", "group gone"}));
}

TEST(TaskGroup, owner_cancelled_in_join) {
  Trace trace;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(owner_waiting_in_join(&trace));
    co_await turn();
    group.cancel();
  }));
  EXPECT_EQ(trace, (Trace{"child cancelled", "group gone"}));
}

asio::awaitable<void> spawn_when_cancelled(TaskGroup* group, Trace* trace) {
  co_await wait_forever(trace, "first");
  group->spawn(wait_forever(trace, "second"));
}

TEST(TaskGroup, what_is_spawned_after_the_owner_was_cancelled_is_cancelled_too) {
  Trace trace;
  run(with_task_group([&](TaskGroup& outer) -> asio::awaitable<void> {
    outer.spawn(with_task_group([&trace](TaskGroup& inner) -> asio::awaitable<void> {
      inner.spawn(spawn_when_cancelled(&inner, &trace));
      co_return;
    }));
    co_await turn();
    outer.cancel();
  }));
  EXPECT_EQ(trace, (Trace{"first cancelled", "second cancelled"}));
}

TEST(TaskGroup, many_children_end_while_others_start) {
  int ended = 0;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    for (int i = 0; i < 1000; ++i) {
      group.spawn([](int* count) -> asio::awaitable<void> {
        co_await turn();
        ++*count;
      }(&ended));
      if (i % 3 == 0) co_await turn();
    }
  }));
  EXPECT_EQ(ended, 1000);
}

asio::awaitable<int> step_of_two_turns(Trace* trace) {
  co_await turn();
  co_await turn();
  trace->push_back("step");
  co_return 7;
}

TEST(Uncancellable, finishes_and_the_caller_notices_afterwards) {
  Trace trace;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn([](Trace* log) -> asio::awaitable<void> {
      int value = co_await uncancellable(step_of_two_turns(log));
      log->push_back("value " + std::to_string(value));
      co_await turn();
      log->push_back("never");
    }(&trace));
    group.cancel();
    co_return;
  }));
  EXPECT_EQ(trace, (Trace{"step", "value 7"}));
}

TEST(Uncancellable, after_a_cancellation_the_caller_says_that_it_knows) {
  Trace trace;
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn([](Trace* log) -> asio::awaitable<void> {
      try {
        co_await wait_and_throw(log, "wait");
      } catch (...) {
      }
      co_await asio::this_coro::throw_if_cancelled(false);
      co_await uncancellable(step_of_two_turns(log));
      co_await asio::this_coro::throw_if_cancelled(true);
      co_await turn();
      log->push_back("never");
    }(&trace));
    co_await turn();
    group.cancel();
  }));
  EXPECT_EQ(trace, (Trace{"wait ended", "step"}));
}

TEST(Uncancellable, exceptions_come_out) {
  EXPECT_THROW(run_for(uncancellable([]() -> asio::awaitable<int> {
                 co_await turn();
                 throw std::runtime_error("step");
               }())),
               std::runtime_error);
}

}  // namespace
}  // namespace sluice
