// SPDX-License-Identifier: Apache-2.0
// Adler-32 of uploads whose bytes went from the socket to the disk unseen: computed once they are committed, one file after
// another on a thread of its own, while their pages are still in memory, and told to the catalogue. What is lost here, by a
// crash or because too many wait, is left to the scrubber. Thread-safe.
#pragma once

#include "base/metrics.h"
#include "base/offload.h"
#include "catalogue/api.h"
#include "pool/replica_store.h"

#include <atomic>

namespace sluice::pool {

class LateChecksums {
 public:
  static constexpr std::size_t max_queued = 100'000;

  // All of it outlives this object; what is queued is dropped once `stopping` is set.
  LateChecksums(catalogue::Catalogue& catalogue, ReplicaStore& store,
                const std::atomic<bool>& stopping, Metrics& metrics);

  // Never waits.
  void add(FileId file);

 private:
  void serve(FileId file);
  Status compute(FileId file);

  catalogue::Catalogue& catalogue_;
  ReplicaStore& store_;
  const std::atomic<bool>& stopping_;
  Counter& computed_;
  Counter& dropped_;
  BlockingPool worker_;  // last: its thread ends before what it uses
};

}  // namespace sluice::pool
