// SPDX-License-Identifier: Apache-2.0
#include "disk/checksum_runs.h"

namespace sluice::disk {

void ChecksumRuns::Interest::give_up() {
  std::lock_guard lock(runs_->mutex_);
  if (std::exchange(given_up_, true)) return;
  if (--run_->interested == 0) run_->cancelled.store(true, std::memory_order_relaxed);
}

std::unique_ptr<ChecksumRuns::Interest> ChecksumRuns::ask(const LogicalPath& path,
                                                          std::string_view type) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<Run>& run = runs_[Key(path.text(), type)];
  // One that is being cancelled is not joined: its end is none of ours.
  if (!run || run->cancelled.load(std::memory_order_relaxed)) run = std::make_shared<Run>();
  ++run->interested;
  return std::make_unique<Interest>(*this, run);
}

Result<std::string> ChecksumRuns::get(Interest& interest, const LogicalPath& path,
                                      std::string_view type) {
  Run& run = *interest.run_;
  std::unique_lock lock(mutex_);
  if (run.started) {
    run.done.wait(lock, [&] { return run.result.has_value(); });
    return *run.result;
  }
  run.started = true;
  lock.unlock();
  Result<std::string> result = checksum_of(*tree_, path, type, &run.cancelled);
  lock.lock();
  run.result = result;
  run.done.notify_all();
  auto entry = runs_.find(Key(path.text(), type));
  if (entry != runs_.end() && entry->second == interest.run_) runs_.erase(entry);
  return result;
}

void ChecksumRuns::cancel(const LogicalPath& path) {
  std::lock_guard lock(mutex_);
  for (auto entry = runs_.lower_bound(Key(path.text(), ""));
       entry != runs_.end() && entry->first.first == path.text(); ++entry) {
    entry->second->cancelled.store(true, std::memory_order_relaxed);
  }
}

}  // namespace sluice::disk
