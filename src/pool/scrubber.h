// SPDX-License-Identifier: Apache-2.0
// Reads the replicas of this pool over and over, slowly, in the order of their ids, and compares them with what the catalogue
// knows: a replica of another size, with another checksum or that cannot be read is marked broken, and a file without an
// Adler-32 gets one. The place is kept in the catalogue, so that a restart costs no more than the file it interrupts.
//
// The coroutine lives on one loop. What blocks is a job of the checksum threads or of the blocking pool, a piece of a file
// each, so that clients wait for a piece at most; between pieces nothing but an open file is held.
#pragma once

#include "pool/pace.h"
#include "pool/pool_service.h"
#include "pool/scrub_state.h"

#include <atomic>
#include <mutex>
#include <optional>

namespace sluice::pool {

class Scrubber {
 public:
  static constexpr const char* kept_as = "scrub";  // the pool's setting in the catalogue

  Scrubber(PoolService& service, const PoolConfig& config, Metrics& metrics);

  // Until it is cancelled or the pool stops.
  asio::awaitable<void> run();

  // Another rate or period; from any thread, as what follows.
  void adjust(const PoolConfig& config);
  ScrubState state() const;
  std::uint64_t rate() const { return rate_; }  // bytes per second, 0: off

 private:
  using Expected = catalogue::ExpectedReplica;
  struct Reading;  // a replica while it is read
  struct Read;     // what came of it

  Task<void> next_page();
  Task<void> look_at(const Expected* replica);
  Task<Read> read(const Expected* replica);
  Task<void> read_to_end(Reading* reading, const Expected* replica, Read* out);
  Task<void> keep_pace(std::uint64_t bytes);
  asio::awaitable<bool> rest(Duration time);

  // These block.
  Result<std::unique_ptr<Reading>> begin(const Expected& replica);
  Result<bool> conclude(const Expected& replica, const Read& read);
  Result<std::optional<catalogue::Checksums>> known_now(const Expected& replica);
  Status complete(const Expected& replica, const Read& read);
  Status load();
  Status save();
  Status begin_round();
  Status end_round();

  // Until the next round is due; 0: one is, or is under way.
  Duration until_round() const;
  void passed(const Expected& replica, std::uint64_t bytes, bool is_broken);

  PoolService& service_;
  const Duration save_every_;
  std::atomic<std::uint64_t> rate_;
  std::atomic<std::int64_t> period_ms_;
  Pace pace_;
  Pace::Clock::time_point saved_{};
  bool is_loaded_ = false;
  mutable std::mutex mutex_;
  ScrubState state_;
  Counter& replicas_;
  Counter& bytes_;
  Counter& broken_;
};

}  // namespace sluice::pool
