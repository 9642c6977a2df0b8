// SPDX-License-Identifier: Apache-2.0
// A one-time event that coroutines of one thread wait for: set once, it lets everybody pass. Waking
// goes through the executor, so set() never runs a waiter on the caller's stack. A cancelled wait
// throws operation_aborted, as Asio's do.
#pragma once

#include "base/result.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>
#include <utility>

namespace sluice::xroot::client {

class Event {
 public:
  explicit Event(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool is_set() const { return is_set_; }

  void set() {
    is_set_ = true;
    while (!waiters_.empty()) release(waiters_.begin(), {});
  }
  // For events that happen more than once.
  void reset() { is_set_ = false; }

  asio::awaitable<void> wait() {
    if (is_set_) co_return;
    auto start = [this](auto handler) {
      auto waiter = waiters_.emplace(waiters_.end(), std::move(handler));
      // The type-erased handler has taken the slot of the one inside and has one of its own.
      auto slot = asio::get_associated_cancellation_slot(*waiter);
      if (slot.is_connected()) {
        slot.assign([this, waiter](asio::cancellation_type) {
          release(waiter, asio::error::operation_aborted);
        });
      }
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(boost::system::error_code)>(
        start, asio::use_awaitable);
  }

 private:
  using Waiter = asio::any_completion_handler<void(boost::system::error_code)>;

  void release(std::list<Waiter>::iterator waiter, boost::system::error_code error) {
    Waiter handler = std::move(*waiter);
    waiters_.erase(waiter);
    // Else a later cancellation would find an iterator that is gone. The clearing frees a running
    // cancellation handler, hence the copies made above.
    if (auto slot = asio::get_associated_cancellation_slot(handler);
        slot.is_connected() && !error) {
      slot.clear();
    }
    asio::post(executor_,
               [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
  }

  asio::any_io_executor executor_;
  std::list<Waiter> waiters_;
  bool is_set_ = false;
};

}  // namespace sluice::xroot::client
