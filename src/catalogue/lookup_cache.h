// SPDX-License-Identifier: Apache-2.0
// Names and what is behind them, as they were read from the database, for as long as nobody changed them. A name is kept
// under its directory's id, so that a moved directory takes along what is below it. Nothing is said of names that are not
// there. Bounded; thread-safe.
//
// Whether something that is kept still holds is decided when it is asked for: each change raises the count behind its mark
// (one of 65 536, so that a change may hit a stranger, who is read again), and what was read at an earlier count is
// worthless. So a read that a change overtook is never believed, and a change costs two stores, whatever is kept.
#pragma once

#include "base/units.h"
#include "catalogue/marks.h"
#include "catalogue/walk.h"

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace sluice::catalogue {

class LookupCache {
 public:
  // The changes known at some time.
  struct Moment {
    std::uint64_t count = 0;
  };

  // `max_age` bounds for how long a change that nobody told of stays unseen.
  LookupCache(std::size_t entries, Duration max_age);

  // Before the database is asked for what keep() shall get.
  Moment moment() const { return {count_.load(std::memory_order_acquire)}; }
  // Keeps what the path is made of. Of what stands for something else (links), or is about to be replaced, nothing.
  void keep(std::span<const std::string> names, const Located& found, Moment read);

  // The whole path, or nothing.
  std::optional<Located> recall(std::span<const std::string> names);

  void forget(std::span<const Mark> marks);
  void forget_all();
  // While nobody tells of changes nothing is kept.
  void suspend() { suspended_.store(true, std::memory_order_release); }
  void resume();

  struct Figures {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };
  Figures figures() const {
    return {hits_.load(std::memory_order_relaxed), misses_.load(std::memory_order_relaxed)};
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Node;
  using Held = std::shared_ptr<const Node>;
  // A name may be in any place of the set that its mark leads to.
  struct Set {
    static constexpr std::size_t size = 8;
    std::array<Held, size> nodes;
    std::uint8_t hand = 0;  // the next one to go
  };

  Held find(FileId directory, std::string_view name);
  void put(Node node);
  bool holds(const Node& node) const;
  std::atomic<std::uint64_t>& last_change(Mark mark) { return changes_[mark % changes_.size()]; }
  std::uint64_t last_change(Mark mark) const {
    return changes_[mark % changes_.size()].load(std::memory_order_acquire);
  }

  const Clock::duration max_age_;
  std::vector<std::atomic<std::uint64_t>> changes_;
  std::atomic<std::uint64_t> count_{1};
  std::atomic<std::uint64_t> oldest_{0};  // what was read before counts for nothing
  std::atomic<bool> suspended_{false};
  std::vector<Set> sets_;
  // A set is locked for the copy of a pointer; many locks, so that loops do not meet.
  std::array<std::mutex, 64> locks_;
  std::atomic<std::uint64_t> hits_{0};
  std::atomic<std::uint64_t> misses_{0};
};

}  // namespace sluice::catalogue
