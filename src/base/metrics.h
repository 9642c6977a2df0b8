// SPDX-License-Identifier: Apache-2.0
// Counters, gauges and histograms with Prometheus text as their output. Adding is one relaxed add
// on a cell that belongs to the calling thread's shard: no lock, no shared cache line. Names:
// sluice_<module>_<what>_<unit>[_total], base units.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sluice {

// Threads share 16 shards; two threads of a machine with up to 16 loops never meet.
inline constexpr std::size_t metric_shards = 16;
std::size_t assign_metric_shard();  // of a thread that has none yet
inline constinit thread_local std::size_t thread_shard = metric_shards;  // no shard yet
inline std::size_t metric_shard() {
  std::size_t shard = thread_shard;  // constinit: a plain read, no guard
  return shard < metric_shards ? shard : assign_metric_shard();
}

class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    cells_[metric_shard()].value.fetch_add(n, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept;

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Cell, metric_shards> cells_;
};

class Gauge {
 public:
  void add(std::int64_t n) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  void set(std::int64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Latencies: buckets at powers of two from 1 us to 137 s.
class Histogram {
 public:
  static constexpr std::size_t buckets = 28;
  void observe_ns(std::uint64_t nanoseconds) noexcept;
  std::array<std::uint64_t, buckets + 1> counts() const noexcept;  // the last counts what is slower
  double sum_seconds() const noexcept;

 private:
  struct alignas(64) Cell {
    std::array<std::atomic<std::uint64_t>, buckets + 1> counts{};
    std::atomic<std::uint64_t> sum_ns{0};
  };
  std::array<Cell, metric_shards> cells_;
};

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

inline constexpr std::string_view prometheus_media_type =
    "text/plain; version=0.0.4; charset=utf-8";

// Owns every metric of one service; references stay valid as long as it lives. Registering takes a
// lock, adding never does.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same object back; another kind under a known name is a bug
  // and throws.
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, Labels labels = {});
  // A gauge that is read when somebody asks; `read` must not call this object. The last one
  // registered counts.
  void gauge_from(std::string_view name, std::string_view help, std::function<double()> read,
                  Labels labels = {});

  // Everything, in the text format of Prometheus 0.0.4 (media type: see prometheus_media_type).
  std::string prometheus_text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice
