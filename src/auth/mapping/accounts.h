// SPDX-License-Identifier: Apache-2.0
// Accounts of this machine by name, remembered for a while: a name service behind them may ask the network.
#pragma once

#include "base/result.h"
#include "base/units.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice::auth {

struct Account {
  std::int64_t user = -1;
  std::vector<std::int64_t> groups;  // the first is the account's own

  bool operator==(const Account&) const = default;
};

// Nothing: there is no such account. An error: nobody can tell now.
using FindAccount = std::function<Result<std::optional<Account>>(const std::string& name)>;
using FindGroup = std::function<Result<std::optional<std::int64_t>>(const std::string& name)>;

// getpwnam(3), getgrouplist(3), getgrnam(3): may block.
Result<std::optional<Account>> system_account(const std::string& name);
Result<std::optional<std::int64_t>> system_group(const std::string& name);

// Remembers answers, also that there is none; not errors. Used by many threads at once.
template <class T>
class Remembered {
 public:
  using Clock = std::chrono::steady_clock;
  using Find = std::function<Result<T>(const std::string&)>;

  Remembered(Find find, Duration lifetime, std::size_t limit)
      : find_(std::move(find)), lifetime_(lifetime), limit_(limit) {}

  Result<T> find(const std::string& name, Clock::time_point now = Clock::now()) {
    {
      const std::lock_guard lock(mutex_);
      auto known = known_.find(name);
      if (known != known_.end() && known->second.until > now) return known->second.value;
    }
    SLUICE_TRY(T value, find_(name));
    const std::lock_guard lock(mutex_);
    keep(name, value, now + lifetime_);
    return value;
  }

  void forget() {
    const std::lock_guard lock(mutex_);
    known_.clear();
    order_.clear();
  }

 private:
  struct Entry {
    T value;
    Clock::time_point until;
  };

  void keep(const std::string& name, const T& value, Clock::time_point until) {
    if (limit_ == 0) return;
    if (auto known = known_.find(name); known != known_.end()) {
      known->second = {value, until};
      return;
    }
    if (known_.size() >= limit_) {
      known_.erase(order_.front());
      order_.pop_front();
    }
    known_.emplace(name, Entry{value, until});
    order_.push_back(name);
  }

  const Find find_;
  const Duration lifetime_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> known_;
  std::deque<std::string> order_;  // oldest first
};

}  // namespace sluice::auth
