// SPDX-License-Identifier: Apache-2.0
// The memory that all connections of a process may hold beyond their fixed parts: requests longer than a connection's own
// buffer, answers that a client does not take. Over budget a connection waits; it does not fail. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice::net {

class Budget {
 public:
  explicit Budget(std::uint64_t limit) : limit_(limit) {}

  // False: wait and ask again. What is larger than the whole budget gets through when nothing else is held.
  bool take(std::uint64_t bytes) {
    std::uint64_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (before == 0 || before + bytes <= limit_) return true;
    give_back(bytes);
    return false;
  }
  // Memory that is needed whether there is room or not: later ones wait the longer.
  void force(std::uint64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void give_back(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_; }

 private:
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

// A share of a budget that follows the size of one buffer.
class BudgetShare {
 public:
  explicit BudgetShare(Budget& budget) : budget_(&budget) {}
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;
  ~BudgetShare() { resize(0); }

  // As Budget::take() for what is more than now; less always works.
  bool try_resize(std::uint64_t bytes) {
    if (bytes > held_ && !budget_->take(bytes - held_)) return false;
    if (bytes < held_) budget_->give_back(held_ - bytes);
    held_ = bytes;
    return true;
  }
  void resize(std::uint64_t bytes) {
    if (bytes > held_) budget_->force(bytes - held_);
    if (bytes < held_) budget_->give_back(held_ - bytes);
    held_ = bytes;
  }

 private:
  Budget* budget_;
  std::uint64_t held_ = 0;
};

}  // namespace sluice::net
