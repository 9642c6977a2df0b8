// SPDX-License-Identifier: Apache-2.0
// Threads wait for each other twice: until all connections of all are ready, and until the window
// is fixed.
#include "cli/bench/run.h"

#include "cli/bench/plan.h"
#include "cli/bench/worker.h"

#include <sys/resource.h>

#include <latch>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

namespace sluice::cli::bench {

namespace {

struct Gates {
  explicit Gates(std::size_t threads) : ready(static_cast<std::ptrdiff_t>(threads)) {}
  std::latch ready;
  std::latch go{1};
  std::counting_semaphore<> ended{0};  // one for each thread that has nothing more to do
};

void body(Worker& worker, Plan& plan, Gates& gates, const Window& window) {
  if (!worker.prepare()) plan.given_up = true;
  gates.ready.count_down();
  gates.go.wait();
  if (!plan.given_up) worker.work(window);
  gates.ended.release();
}

// A thousand connections need more descriptors than a shell gives at first.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Sleeps through the window, or until there is nothing more to do, and reads the clocks at its edges.
Status observe(const Window& window, Gates& gates, Outcome& outcome) {
  const int pid = static_cast<int>(outcome.load.server_pid);
  ProcessUsage before;
  std::this_thread::sleep_until(window.from);
  const Clock::time_point from = Clock::now();
  const auto own_before = own_cpu();
  if (pid != 0) {
    SLUICE_TRY(before, usage_of(pid));
  }
  for (std::uint64_t i = 0; i < outcome.load.threads; ++i)
    if (!gates.ended.try_acquire_until(window.to)) break;
  outcome.measured = Clock::now() - from;
  outcome.own_cpu = own_cpu() - own_before;
  if (pid == 0) return {};
  SLUICE_TRY(ProcessUsage after, usage_of(pid));
  after.cpu -= before.cpu;
  outcome.server = after;
  return {};
}

Result<Outcome> add_up(Outcome outcome, const std::vector<std::unique_ptr<Worker>>& workers) {
  for (const auto& worker : workers) {
    if (!worker->failure().empty()) return fail(Errc::connection, worker->failure());
    outcome.tally.merge(worker->tally());
  }
  return outcome;
}

}  // namespace

Result<Outcome> run(const Workload& load) {
  Plan plan;
  SLUICE_CHECK(make_plan(load, plan));
  raise_descriptor_limit();
  Outcome outcome;
  outcome.load = plan.load;

  const auto threads = static_cast<unsigned>(plan.load.threads);
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < threads; ++i)
    workers.push_back(std::make_unique<Worker>(plan, i, threads));
  Gates gates(threads);
  Window window;
  Status observed;
  {
    std::vector<std::jthread> bodies;
    for (auto& worker : workers) {
      bodies.emplace_back(
          [&worker = *worker, &plan, &gates, &window] { body(worker, plan, gates, window); });
    }
    gates.ready.wait();
    window.from = Clock::now() + plan.load.warmup;
    window.to = window.from + plan.load.duration;
    gates.go.count_down();
    if (!plan.given_up) observed = observe(window, gates, outcome);
  }
  SLUICE_CHECK(observed);
  return add_up(std::move(outcome), workers);
}

}  // namespace sluice::cli::bench
