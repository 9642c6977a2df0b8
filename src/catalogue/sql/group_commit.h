// SPDX-License-Identifier: Apache-2.0
// SQLite has one writer, and a commit costs an fsync. So changes that wait for the writer share a transaction: the first in
// the queue leads, runs its own body and those behind it, each inside a savepoint, and commits once for all of them. A
// single change waits for nobody. Thread-safe; every call blocks.
#pragma once

#include "base/result.h"
#include "base/units.h"
#include "catalogue/sql/session.h"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace sluice::catalogue::sql {

// What one body made of a transaction. It may run on another thread than that of its caller, who waits for it.
using Step = std::function<Status(Session&)>;

// Gets the marks of what was changed.
using OnChange = std::function<void(std::span<const std::uint64_t>)>;
void tell(const OnChange& on_change, Session& session);

// How an attempt ended, and whether another one may end better.
struct Outcome {
  Status status;
  bool may_repeat = false;
};

class GroupCommit {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // `patience`: how long to wait for another program that writes into the file.
  GroupCommit(Address address, Duration patience, OnChange on_change = {});
  ~GroupCommit();

  // Returns when the commit with `step` in it is on the disk, or when nothing of it will ever be. An error of one step is
  // rolled back alone. Only waiting for other changes is bounded by `deadline`.
  Outcome run(const Step& step, Deadline deadline);

  // Changes that nobody has taken into a transaction yet.
  std::size_t waiting();

 private:
  struct Change;
  using Batch = std::vector<Change*>;

  Batch take_batch();
  void finish(const Batch& batch);
  void lead(const Batch& batch);
  Status begin();
  // False when the transaction was lost with all that had been done in it.
  bool apply(Change& change);
  void commit(const Batch& batch);

  const Address address_;
  const Duration patience_;
  const OnChange on_change_;
  std::mutex mutex_;
  std::deque<Change*> waiting_;
  bool is_led_ = false;
  std::unique_ptr<Session> session_;  // the leader's
};

}  // namespace sluice::catalogue::sql
