// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <mutex>
#include <stdexcept>
#include <variant>
#include <vector>

namespace sluice {
namespace {

enum class Kind : std::uint8_t { counter, gauge, histogram };
constexpr std::array kind_names = {"counter", "gauge", "histogram"};

using Series = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>,
                            std::unique_ptr<Histogram>, std::function<double()>>;

struct Family {
  Kind kind;
  std::string help;
  std::map<std::string, Series, std::less<>> series;  // by the text of their labels, without braces
};

[[noreturn]] void bug(std::string_view name, std::string_view what) {
  throw std::logic_error(fmt::format("metric {}: {}", name, what));
}

bool is_name(std::string_view name, bool is_label) {
  auto good = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c == ':' && !is_label);
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), good);
}

// The format escapes backslash and line feed everywhere, the quote inside label values only.
std::string escaped(std::string_view text, bool in_quotes) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (c == '"' && in_quotes)) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

// Sorted by name, so that the order in which a caller writes labels does not matter.
std::string label_text(std::string_view metric, Labels labels) {
  std::vector<std::pair<std::string_view, std::string_view>> sorted(labels);
  std::sort(sorted.begin(), sorted.end());
  std::string out;
  for (const auto& [name, value] : sorted) {
    if (!is_name(name, true)) bug(metric, "wrong label name");
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", name, escaped(value, true));
  }
  return out;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string in_braces(std::string_view labels) {
  return labels.empty() ? std::string() : fmt::format("{{{}}}", labels);
}

constexpr std::uint64_t first_bucket_ns = 1024;  // bucket i holds what took at most 1024 ns << i

void append_histogram(std::string& out, std::string_view name, std::string_view labels,
                      const Histogram& histogram) {
  std::string_view comma = labels.empty() ? "" : ",";
  auto counts = histogram.counts();
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    std::string bound = i < Histogram::buckets
                            ? number_text(static_cast<double>(first_bucket_ns << i) / 1e9)
                            : std::string("+Inf");
    out += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, bound, below);
  }
  out +=
      fmt::format("{}_sum{} {}\n", name, in_braces(labels), number_text(histogram.sum_seconds()));
  out += fmt::format("{}_count{} {}\n", name, in_braces(labels), below);
}

void append_series(std::string& out, std::string_view name, std::string_view labels,
                   const Series& series) {
  std::string value;
  switch (series.index()) {
    case 0:
      value = fmt::format("{}", std::get<0>(series)->value());
      break;
    case 1:
      value = fmt::format("{}", std::get<1>(series)->value());
      break;
    case 2:
      return append_histogram(out, name, labels, *std::get<2>(series));
    default:
      value = number_text(std::get<3>(series)());
  }
  out += fmt::format("{}{} {}\n", name, in_braces(labels), value);
}

}  // namespace

std::size_t assign_metric_shard() {
  static std::atomic<std::size_t> next{0};
  thread_shard = next.fetch_add(1, std::memory_order_relaxed) % metric_shards;
  return thread_shard;
}

std::uint64_t Counter::value() const noexcept {
  std::uint64_t sum = 0;
  for (const Cell& cell : cells_) sum += cell.value.load(std::memory_order_relaxed);
  return sum;
}

void Histogram::observe_ns(std::uint64_t nanoseconds) noexcept {
  auto above = static_cast<std::size_t>(
      std::bit_width((nanoseconds == 0 ? 0 : nanoseconds - 1) / first_bucket_ns));
  Cell& cell = cells_[metric_shard()];
  cell.counts[std::min(above, buckets)].fetch_add(1, std::memory_order_relaxed);
  cell.sum_ns.fetch_add(nanoseconds, std::memory_order_relaxed);
}

std::array<std::uint64_t, Histogram::buckets + 1> Histogram::counts() const noexcept {
  std::array<std::uint64_t, buckets + 1> out{};
  for (const Cell& cell : cells_) {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] += cell.counts[i].load(std::memory_order_relaxed);
  }
  return out;
}

double Histogram::sum_seconds() const noexcept {
  std::uint64_t sum = 0;
  for (const Cell& cell : cells_) sum += cell.sum_ns.load(std::memory_order_relaxed);
  return static_cast<double>(sum) / 1e9;
}

struct Metrics::Impl {
  mutable std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;

  // The series under these labels, made as a T when it is not there yet. The lock is held.
  template <class T>
  Series& series(Kind kind, std::string_view name, std::string_view help, Labels labels) {
    auto family = families.find(name);
    if (family == families.end()) {
      if (!is_name(name, false)) bug(name, "wrong name");
      family = families.emplace(std::string(name), Family{kind, std::string(help), {}}).first;
    }
    if (family->second.kind != kind) bug(name, "registered before as another kind");
    auto [entry, is_new] = family->second.series.try_emplace(label_text(name, labels));
    if (is_new) {
      if constexpr (std::is_same_v<T, std::function<double()>>) {
        entry->second.emplace<T>();
      } else {
        entry->second.emplace<std::unique_ptr<T>>(std::make_unique<T>());
      }
    }
    return entry->second;
  }

  template <class T>
  T& owned(Kind kind, std::string_view name, std::string_view help, Labels labels) {
    std::lock_guard lock(mutex);
    auto* found = std::get_if<std::unique_ptr<T>>(&series<T>(kind, name, help, labels));
    if (!found) bug(name, "registered before as a gauge that is read");
    return **found;
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  return impl_->owned<Counter>(Kind::counter, name, help, labels);
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
  return impl_->owned<Gauge>(Kind::gauge, name, help, labels);
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, Labels labels) {
  return impl_->owned<Histogram>(Kind::histogram, name, help, labels);
}

void Metrics::gauge_from(std::string_view name, std::string_view help, std::function<double()> read,
                         Labels labels) {
  std::lock_guard lock(impl_->mutex);
  auto* found = std::get_if<std::function<double()>>(
      &impl_->series<std::function<double()>>(Kind::gauge, name, help, labels));
  if (!found) bug(name, "registered before as a gauge that is set");
  *found = std::move(read);
}

std::string Metrics::prometheus_text() const {
  std::lock_guard lock(impl_->mutex);
  std::string out;
  for (const auto& [name, family] : impl_->families) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(family.help, false), name,
                       kind_names[static_cast<std::size_t>(family.kind)]);
    for (const auto& [labels, series] : family.series) append_series(out, name, labels, series);
  }
  return out;
}

}  // namespace sluice
