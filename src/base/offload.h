// SPDX-License-Identifier: Apache-2.0
// Blocking work off the loops: a bounded pool of threads with a bounded queue, and offload(), which runs a function there
// and resumes the caller on its own loop. SQL, fsync, directory scans, DNS, checksums and slow file systems go this way.
#pragma once

#include "base/result.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

namespace sluice {

class BlockingPool {
 public:
  // Starts `threads` threads, called `name` in lists of threads; more than `queue_limit` waiting jobs are refused.
  BlockingPool(std::size_t threads, std::size_t queue_limit, const char* name = "blocking");
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;
  // Runs what is queued, then joins the threads.
  ~BlockingPool();

  // False when the queue is full; then `job` was not taken.
  [[nodiscard]] bool submit(std::function<void()> job);

  std::size_t queued() const;

 private:
  void work();

  const std::size_t queue_limit_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// Runs `function` in `pool` and returns its Result. The caller waits until it has run even when it is cancelled
// meanwhile, so that whatever the function refers to stays alive. A full pool is Errc::overloaded.
template <class Function, class R = std::invoke_result_t<Function>>
asio::awaitable<R> offload(BlockingPool& pool, Function function) {
  struct Slot {
    std::optional<R> result;
    std::exception_ptr thrown;
  };
  Slot slot;  // lives in this coroutine's frame, which outlives the job
  auto start = [&pool, &function, &slot](auto handler) {
    using Handler = decltype(handler);
    auto executor = asio::get_associated_executor(handler);
    auto done = std::make_shared<Handler>(std::move(handler));
    bool taken = pool.submit(
        [executor, done, &function, &slot, work = asio::make_work_guard(executor)]() mutable {
          try {
            slot.result.emplace(function());
          } catch (...) {
            slot.thrown = std::current_exception();
          }
          // The loop may end, and be destroyed, as soon as the caller has run: by then this thread owns nothing of it.
          asio::post(executor, [done = std::move(done), work = std::move(work)] { (*done)(); });
        });
    if (!taken) {
      slot.result.emplace(fail(Errc::overloaded, "the queue of blocking work is full"));
      asio::post(executor, [done] { (*done)(); });
    }
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
  if (slot.thrown) std::rethrow_exception(slot.thrown);
  co_return std::move(*slot.result);
}

}  // namespace sluice
