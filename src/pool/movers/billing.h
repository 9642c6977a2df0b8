// SPDX-License-Identifier: Apache-2.0
// The billing file of a pool (setting pool.billing): a line of JSON for every finished transfer, for accounting. Thread-safe.
//
// Lines are written by a thread of its own behind a bounded queue. The pool of blocking threads would let a billing file
// that hangs (a full NFS server, say) take the threads that opens and closes need; here such a file costs memory for
// max_queued records, then records, and no client notices. One thread also keeps the lines in order.
#pragma once

#include "base/line_file.h"
#include "base/metrics.h"
#include "base/offload.h"
#include "base/result.h"
#include "pool/movers/billing_record.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::pool {

class Billing {
 public:
  static constexpr std::size_t max_queued = 10'000;

  // Opens `file` or makes it, for the lines of the pool called `pool`. Without a name nothing is ever written.
  static Result<std::unique_ptr<Billing>> open(std::string file, std::string pool,
                                               Metrics& metrics);
  // Writes what is queued.
  ~Billing() = default;

  // From any thread, also a loop's. A record that cannot be kept is counted and logged, nothing else.
  void append(BillingRecord record);

  // The file was renamed or removed (log rotation): lines from now on go to a new one of its name. Where that cannot be
  // made the old one stays in use.
  void reopen();

 private:
  Billing(std::string pool, Metrics& metrics);

  // On the writing thread.
  void write(const BillingRecord& record);
  void reopen_if_asked();

  void lose(std::string_view why);

  const std::string pool_;
  Counter& written_;
  Counter& lost_;

  std::optional<LineFile> file_;
  std::atomic<bool> reopen_asked_{false};

  std::mutex complaint_mutex_;
  std::uint64_t lost_since_complaint_ = 0;
  std::chrono::steady_clock::time_point next_complaint_{};

  std::unique_ptr<BlockingPool> writer_;  // last: its thread ends before what it uses; null: off
};

}  // namespace sluice::pool
