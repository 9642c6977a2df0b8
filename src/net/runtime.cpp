// SPDX-License-Identifier: Apache-2.0
#include "net/runtime.h"

#include <boost/asio/executor_work_guard.hpp>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <future>
#include <string>

namespace sluice::net {
namespace {

std::size_t loop_count(const NetConfig& config) {
  if (config.loops != 0) return config.loops;
  // At least four: with fewer runnable threads than its peers a server gets less of a busy machine,
  // and one slow disk call stops a smaller share of the connections (docs/decisions/0002).
  return std::max<std::size_t>(4, std::thread::hardware_concurrency());
}

// struct sched_attr, which this C library does not declare.
struct SchedulerAttributes {
  std::uint32_t size, policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t slice_ns, deadline, period;
};

// Asks the scheduler for short slices, which come sooner (since Linux 6.12; older ones ignore it): a stat must not
// wait until threads with bulk data have used up theirs.
void prefer_latency() {
  SchedulerAttributes attributes{};
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
  if (attributes.policy != SCHED_OTHER) return;  // somebody knows better
  attributes.slice_ns = 100'000;
  ::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

void run_loop(Loop& loop) {
  auto name = "loop-" + std::to_string(loop.index());
  ::pthread_setname_np(::pthread_self(), name.c_str());
  prefer_latency();
  auto work = asio::make_work_guard(loop.context());
  loop.context().run();
}

// The number of connections on `loop`, asked on that loop.
asio::awaitable<std::size_t> watched_on(Loop* loop) { co_return loop->watched(); }

}  // namespace

Runtime::Runtime(const NetConfig& config)
    : budget_(config.memory_limit.count),
      blocking_(config.blocking_threads, config.blocking_queue),
      lane_(loop_count(config)) {
  for (std::size_t i = 0; i < loop_count(config); ++i) {
    loops_.push_back(std::make_unique<Loop>(i, budget_, &lane_));
    spawn_root(loops_.back()->context(), loops_.back()->tick(), [](std::exception_ptr) {});
  }
}

Runtime::~Runtime() {
  stop();
  for (std::thread& thread : threads_) thread.join();
}

void Runtime::run() {
  for (std::size_t i = 1; i < loops_.size(); ++i) {
    threads_.emplace_back([loop = loops_[i].get()] { run_loop(*loop); });
  }
  run_loop(first());
}

void Runtime::stop() {
  for (auto& loop : loops_) loop->context().stop();
}

asio::awaitable<void> Runtime::drain(Duration deadline) {
  for (auto& loop : loops_) asio::post(loop->context(), [loop = loop.get()] { loop->drain(); });
  auto end = std::chrono::steady_clock::now() + deadline;
  asio::steady_timer timer(first().context());
  bool closed = false;
  for (;;) {
    std::size_t left = 0;
    for (auto& loop : loops_) {
      left += co_await run_on(loop->context(), watched_on(loop.get()));
    }
    if (left == 0) co_return;
    auto now = std::chrono::steady_clock::now();
    if (now >= end + std::chrono::seconds(2)) co_return;
    if (now >= end && !closed) {
      closed = true;
      for (auto& loop : loops_)
        asio::post(loop->context(), [loop = loop.get()] { loop->expire_all(); });
    }
    timer.expires_after(std::chrono::milliseconds(20));
    co_await timer.async_wait(as_value);
  }
}

}  // namespace sluice::net
