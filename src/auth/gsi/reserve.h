// SPDX-License-Identifier: Apache-2.0
// Things that take long to make and are used once, made ahead by a thread of their own: keys. How many are kept ready grows each time
// that somebody finds none; who finds none makes its own.
#pragma once

#include "base/result.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace sluice::auth::gsi {

template <class T>
class Reserve {
 public:
  using Make = std::function<Result<T>()>;

  // `make` is called by any thread, also by several at once.
  Reserve(std::size_t capacity, Make make) : capacity_(capacity), make_(std::move(make)) {
    thread_ = std::jthread([this](std::stop_token stop) { fill(stop); });
  }

  Result<T> take() {
    {
      std::scoped_lock lock(mutex_);
      wanted_.notify_one();
      if (!ready_.empty()) {
        T one = std::move(ready_.back());
        ready_.pop_back();
        return one;
      }
      goal_ = std::min(capacity_, goal_ == 0 ? 1 : goal_ * 2);
    }
    return make_();
  }

  // What was made before `make` began to make something else.
  void drop_all() {
    std::scoped_lock lock(mutex_);
    ready_.clear();
    ++generation_;
    wanted_.notify_one();
  }

 private:
  void fill(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (wanted_.wait(lock, stop, [this] { return ready_.size() < goal_; }) &&
           !stop.stop_requested()) {
      std::uint64_t generation = generation_;
      lock.unlock();
      Result<T> one = make_();
      lock.lock();
      // Nothing would come of trying again at once; a taker that finds none learns why.
      if (!one) return;
      if (generation == generation_) ready_.push_back(std::move(*one));
    }
  }

  std::size_t capacity_;
  Make make_;
  std::mutex mutex_;
  std::condition_variable_any wanted_;
  std::vector<T> ready_;
  std::size_t goal_ = 0;
  std::uint64_t generation_ = 0;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sluice::auth::gsi
