// SPDX-License-Identifier: Apache-2.0
#include "catalogue/sql/group_commit.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <utility>

namespace sluice::catalogue::sql {
namespace {

// Bounds how long the first of a batch waits for the last: a body takes 0.1 ms as a rule.
constexpr std::size_t max_batch = 128;

Outcome dragged_along() {
  return {fail(Errc::overloaded, "catalogue: another change broke the transaction"), true};
}

}  // namespace

// On the stack of the caller, who stays until it is done.
struct GroupCommit::Change {
  explicit Change(const Step& body) : step(body) {}

  const Step& step;
  Outcome outcome;
  std::exception_ptr bug;
  bool is_taken = false;  // by a leader
  bool is_done = false;
  std::condition_variable turn;  // it is done, or shall lead
};

void tell(const OnChange& on_change, Session& session) {
  const std::vector<std::uint64_t> marks = session.take_marks();
  if (on_change && !marks.empty()) on_change(marks);
}

GroupCommit::GroupCommit(Address address, Duration patience, OnChange on_change)
    : address_(std::move(address)), patience_(patience), on_change_(std::move(on_change)) {}
GroupCommit::~GroupCommit() = default;

Outcome GroupCommit::run(const Step& step, Deadline deadline) {
  Change change(step);
  std::unique_lock lock(mutex_);
  waiting_.push_back(&change);
  auto may_go_on = [&] {
    return change.is_done || (!is_led_ && !change.is_taken && waiting_.front() == &change);
  };
  if (!change.turn.wait_until(lock, deadline, may_go_on)) {
    if (!change.is_taken) {
      std::erase(waiting_, &change);
      return {fail(Errc::overloaded, "catalogue: other changes take too long")};
    }
    change.turn.wait(lock, [&] { return change.is_done; });
  }
  if (!change.is_done) {
    const Batch batch = take_batch();
    lock.unlock();
    lead(batch);
    lock.lock();
    finish(batch);
  }
  if (change.bug) std::rethrow_exception(change.bug);
  return std::move(change.outcome);
}

std::size_t GroupCommit::waiting() {
  std::scoped_lock lock(mutex_);
  return waiting_.size();
}

GroupCommit::Batch GroupCommit::take_batch() {
  is_led_ = true;
  const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), max_batch));
  Batch batch(waiting_.begin(), waiting_.begin() + count);
  waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  for (Change* change : batch) change->is_taken = true;
  return batch;
}

// Under the lock until all are told: a caller that wakes takes its change away.
void GroupCommit::finish(const Batch& batch) {
  is_led_ = false;
  for (Change* change : batch) {
    change->is_done = true;
    change->turn.notify_one();
  }
  if (!waiting_.empty()) waiting_.front()->turn.notify_one();
}

void GroupCommit::lead(const Batch& batch) {
  try {
    if (Status begun = begin(); !begun) {
      const bool may_repeat = session_ && session_->fault() == Fault::busy;
      for (Change* change : batch) change->outcome = {begun, may_repeat};
      return;
    }
    const bool whole =
        std::ranges::all_of(batch, [this](Change* change) { return apply(*change); });
    if (whole) return commit(batch);
    // Those before and after the one that broke it.
    for (Change* change : batch) {
      if (change->outcome.status) change->outcome = dragged_along();
    }
  } catch (...) {
    for (Change* change : batch) change->bug = std::current_exception();
  }
  session_.reset();
}

Status GroupCommit::begin() {
  if (!session_) {
    SLUICE_TRY(session_, Session::connect(address_, patience_));
  }
  session_->take_marks();  // of an attempt before
  return session_->begin_write();
}

bool GroupCommit::apply(Change& change) {
  Status& status = change.outcome.status;
  status = session_->set_savepoint();
  if (!status) return false;
  try {
    status = change.step(*session_);
  } catch (...) {
    change.bug = std::current_exception();
    status = fail(Errc::server, "catalogue: a bug ended the change");
  }
  if (status) return session_->release_savepoint().has_value();
  change.outcome.may_repeat = session_->fault() == Fault::busy;
  return session_->roll_back_to_savepoint().has_value();
}

void GroupCommit::commit(const Batch& batch) {
  auto is_good = [](Change* change) { return change->outcome.status.has_value(); };
  if (std::ranges::none_of(batch, is_good)) return session_->roll_back();
  const Status done = session_->commit();
  tell(on_change_, *session_);
  if (done) return;
  const bool may_repeat = session_->fault() == Fault::busy;
  session_->roll_back();
  for (Change* change : batch) {
    if (is_good(change)) change->outcome = {done, may_repeat};
  }
}

}  // namespace sluice::catalogue::sql
