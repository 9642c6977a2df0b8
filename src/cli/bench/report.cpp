// SPDX-License-Identifier: Apache-2.0
// Rates are of the measured window only. Latencies are of operations that ended in it: a closed
// loop, so a server that stalls is asked less; the longest wait that had not ended is told apart
// for that reason.
#include "cli/bench/report.h"

#include <fmt/format.h>

#include <array>

namespace sluice::cli::bench {

namespace {

struct Percentile {
  std::string_view name;
  double share;
};
constexpr std::array percentiles = {Percentile{"p50", 0.5}, Percentile{"p90", 0.9},
                                    Percentile{"p99", 0.99}, Percentile{"p99.9", 0.999}};

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

double microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

std::string shown(std::chrono::nanoseconds time) {
  const double us = microseconds(time);
  if (us < 1000) return fmt::format("{:.1f} us", us);
  if (us < 1e6) return fmt::format("{:.2f} ms", us / 1e3);
  return fmt::format("{:.2f} s", us / 1e6);
}

double per_second(std::uint64_t count, const Outcome& outcome) {
  return static_cast<double>(count) / std::max(seconds(outcome.measured), 1e-9);
}

double gib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

std::string server_line(const Outcome& outcome) {
  const ProcessUsage& server = *outcome.server;
  std::string line = fmt::format("server      {:.3f} s CPU", seconds(server.cpu));
  const auto operations = static_cast<double>(outcome.tally.operations);
  if (operations > 0)
    line += fmt::format(", {:.2f} us per operation", microseconds(server.cpu) / operations);
  if (outcome.tally.bytes > 0) {
    line += fmt::format(", {:.3f} s per GiB", seconds(server.cpu) / gib(outcome.tally.bytes));
  }
  return line + fmt::format("; memory {}, at most {}\n",
                            human_bytes(static_cast<double>(server.resident_bytes)),
                            human_bytes(static_cast<double>(server.peak_bytes)));
}

}  // namespace

std::string as_table(const Outcome& outcome) {
  const Workload& load = outcome.load;
  const Tally& tally = outcome.tally;
  std::string out = fmt::format("{:<12}", row_of(load.mode).name);
  if (load.size.count > 0) out += fmt::format("{}, ", to_text(load.size));
  if (load.mode == Mode::vread) out += fmt::format("{} pieces, ", load.items);
  out += fmt::format("depth {}, {} connections, {} threads, {:.2f} s\n", load.depth,
                     load.connections, load.threads, seconds(outcome.measured));
  out += fmt::format("rate        {:.0f} op/s", per_second(tally.operations, outcome));
  if (tally.bytes > 0) {
    out += fmt::format(", {}/s",
                       human_bytes(static_cast<double>(tally.bytes) / seconds(outcome.measured)));
  }
  out += "\nlatency    ";
  for (const Percentile& p : percentiles) {
    out += fmt::format(" {} {} ", p.name, shown(tally.latency.percentile(p.share)));
  }
  out += fmt::format(" max {}\n", shown(tally.latency.max()));
  if (load.connections > 1) {
    out += fmt::format("fairness    {} to {} operations per connection, longest unanswered {}\n",
                       tally.fewest, tally.most, shown(tally.longest_unanswered));
  }
  out += fmt::format("own CPU     {:.3f} s, {:.0f} % of a core\n", seconds(outcome.own_cpu),
                     100 * seconds(outcome.own_cpu) / std::max(seconds(outcome.measured), 1e-9));
  if (outcome.server) out += server_line(outcome);
  out += fmt::format("errors      {}", tally.errors);
  for (const auto& [text, count] : tally.error_texts)
    out += fmt::format("\n  {:>8} x {}", count, text);
  return out;
}

JsonObject as_json(const Outcome& outcome) {
  const Workload& load = outcome.load;
  const Tally& tally = outcome.tally;
  JsonObject latency;
  for (const Percentile& p : percentiles)
    latency.add(p.name, microseconds(tally.latency.percentile(p.share)));
  latency.add("max", microseconds(tally.latency.max()))
      .add("mean", microseconds(tally.latency.mean()));
  JsonObject errors;
  for (const auto& [text, count] : tally.error_texts) errors.add(text, count);

  JsonObject out;
  out.add("mode", row_of(load.mode).name).add("size", load.size.count).add("items", load.items);
  out.add("depth", load.depth).add("connections", load.connections).add("threads", load.threads);
  out.add("verify", load.verify).add("seconds", seconds(outcome.measured));
  out.add("operations", tally.operations).add("bytes", tally.bytes);
  out.add("operations_per_second", per_second(tally.operations, outcome));
  out.add("bytes_per_second", per_second(tally.bytes, outcome)).add("latency_us", latency);
  out.add("longest_unanswered_us", microseconds(tally.longest_unanswered));
  out.add("fewest_operations", tally.fewest).add("most_operations", tally.most);
  out.add("own_cpu_seconds", seconds(outcome.own_cpu))
      .add("errors", tally.errors)
      .add("error_texts", errors);
  if (outcome.server) {
    JsonObject server;
    server.add("cpu_seconds", seconds(outcome.server->cpu))
        .add("resident_bytes", outcome.server->resident_bytes);
    out.add("server", server.add("peak_bytes", outcome.server->peak_bytes));
  }
  return out;
}

}  // namespace sluice::cli::bench
