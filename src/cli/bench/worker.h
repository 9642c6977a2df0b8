// SPDX-License-Identifier: Apache-2.0
// A thread of the generator: an epoll loop over its share of the connections. A raw loop and not
// the program's runtime, because this is a measuring tool: it must cost less than what it measures
// and must not share its faults.
#pragma once

#include "base/fd.h"
#include "cli/bench/connection.h"
#include "cli/bench/plan.h"
#include "cli/bench/tally.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::cli::bench {

// The part of a run in which operations count. Written once, before the threads pass the start.
struct Window {
  Clock::time_point from;
  Clock::time_point to;
};

class Worker {
 public:
  // Takes the connections number, number + of, number + 2 * of, ...
  Worker(Plan& plan, unsigned number, unsigned of);

  // Until every connection is ready; false when one of them failed (failure() says how) or the run
  // was given up.
  bool prepare();
  // From the window's first warm-up to the last answer.
  void work(const Window& window);

  const std::string& failure() const { return failure_; }
  const Tally& tally() const { return tally_; }

  // For the connections.
  const Plan& plan() const { return plan_; }
  ByteSpan buffer() { return buffer_; }
  bool watch(int socket, Link& link);
  bool is_over(Clock::time_point now) const { return now >= window_.to; }
  // Counts an operation that ended at `now`; false outside the window.
  bool count(Clock::time_point issued, Clock::time_point now, std::uint64_t bytes);
  void count_error(Clock::time_point now, std::string text);

 private:
  void poll(std::chrono::milliseconds at_most);
  bool start_more();
  void look_at_connections();
  bool is_busy() const;

  Plan& plan_;
  Fd epoll_;
  std::vector<std::byte> buffer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::size_t started_ = 0;
  Window window_;
  Tally tally_;
  std::string failure_;
};

}  // namespace sluice::cli::bench
