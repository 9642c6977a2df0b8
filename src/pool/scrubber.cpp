// SPDX-License-Identifier: Apache-2.0
#include "pool/scrubber.h"

#include "base/checksum.h"
#include "disk/content_scan.h"
#include "pool/pool_log.h"
#include "pool/refusal.h"

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace sluice::pool {
namespace {

constexpr std::size_t page = 100;  // rows of the catalogue at a time
constexpr Duration after_failure{10'000};
constexpr Duration longest_rest{1'000};  // until other settings are obeyed
// What opening a file costs a disk, as bytes that it could have read: bounds the small files per second.
constexpr std::uint64_t cost_of_open = 64 << 10;
constexpr std::uint64_t least_piece = 4 << 10;

std::vector<std::string> types_of(const catalogue::Checksums& checksums) {
  std::vector<std::string> types;
  // Another version may have known more types.
  for (const auto& [type, value] : checksums)
    if (find_checksum(type)) types.push_back(type);
  if (!checksums.contains("adler32")) types.emplace_back("adler32");
  return types;
}

}  // namespace

struct Scrubber::Reading {
  std::shared_ptr<disk::OpenFile> file;
  disk::ContentScan scan;
};

struct Scrubber::Read {
  std::uint64_t bytes = 0;
  catalogue::Checksums sums;   // when it was read to its end
  std::optional<Error> fault;  // why it could not be
};

Scrubber::Scrubber(PoolService& service, const PoolConfig& config, Metrics& metrics)
    : service_(service),
      save_every_(config.heartbeat),
      rate_(config.scrub_rate.count),
      period_ms_(config.scrub_period.count()),
      replicas_(metrics.counter("sluice_pool_scrubbed_replicas_total",
                                "Replicas that were compared with their checksums.")),
      bytes_(metrics.counter("sluice_pool_scrubbed_bytes_total",
                             "Bytes that were read to compare replicas with their checksums.")),
      broken_(metrics.counter("sluice_pool_scrubbed_broken_total",
                              "Replicas that were found wrong or unreadable in that way.")) {}

void Scrubber::adjust(const PoolConfig& config) {
  rate_ = config.scrub_rate.count;
  period_ms_ = config.scrub_period.count();
}

ScrubState Scrubber::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

asio::awaitable<void> Scrubber::run() {
  while (!service_.stopping) {
    const Duration wait = rate_ == 0 ? longest_rest : until_round();
    if (is_loaded_ && wait > Duration(0)) {
      if (!co_await rest(std::min(wait, longest_rest))) co_return;
      continue;
    }
    Status done = co_await next_page();
    if (done || done.error().code == Errc::cancelled) continue;
    log.warn("scrub.failed", {{"error", done.error().message()}});
    if (!co_await rest(after_failure)) co_return;
  }
}

// False: the server stops.
asio::awaitable<bool> Scrubber::rest(Duration time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  auto [error] = co_await timer.async_wait(as_value);
  co_return !error;
}

Duration Scrubber::until_round() const {
  const ScrubState now = state();
  if (now.is_under_way()) return Duration(0);
  const std::int64_t age_ms = (catalogue::system_clock_ns() - now.last.began_ns) / 1'000'000;
  const std::int64_t period_ms = period_ms_;
  return Duration(std::clamp<std::int64_t>(period_ms - age_ms, 0, period_ms));
}

Task<void> Scrubber::next_page() {
  if (!is_loaded_) co_return co_await offload(service_.blocking, [this] { return load(); });
  if (!state().is_under_way())
    SLUICE_CO_CHECK(co_await offload(service_.blocking, [this] { return begin_round(); }));
  const FileId after = state().place;
  SLUICE_CO_TRY(const auto replicas, co_await offload(service_.blocking, [&] {
                  return service_.catalogue.replicas().expected_on(service_.id, after, page);
                }));
  for (const Expected& replica : replicas) {
    SLUICE_CO_CHECK(co_await look_at(&replica));
    if (Pace::Clock::now() - saved_ >= save_every_)
      SLUICE_CO_CHECK(co_await offload(service_.blocking, [this] { return save(); }));
  }
  if (replicas.size() == page) co_return Status{};
  co_return co_await offload(service_.blocking, [this] { return end_round(); });
}

Task<void> Scrubber::look_at(const Expected* replica) {
  pace_.begin(Pace::Clock::now());
  SLUICE_CO_TRY(const Read what, co_await read(replica));
  SLUICE_CO_TRY(const bool is_broken,
                co_await offload(service_.blocking, [&] { return conclude(*replica, what); }));
  passed(*replica, what.bytes, is_broken);
  co_return co_await keep_pace(cost_of_open);
}

// An error is about the pool; what is wrong with the replica is the fault.
Task<Scrubber::Read> Scrubber::read(const Expected* replica) {
  Read out;
  std::unique_ptr<Reading> reading;
  SLUICE_CO_CHECK(co_await offload(service_.checksum_pool, [&]() -> Status {
    auto begun = begin(*replica);
    if (begun)
      reading = std::move(*begun);
    else
      out.fault = begun.error();
    return {};
  }));
  if (reading) SLUICE_CO_CHECK(co_await read_to_end(reading.get(), replica, &out));
  if (!out.fault) {
    for (auto& [type, value] : reading->scan.sums()) out.sums.emplace(type, value);
  }
  co_return out;
}

Result<std::unique_ptr<Scrubber::Reading>> Scrubber::begin(const Expected& replica) {
  SLUICE_TRY(auto file, service_.store.open_replica(replica.file));
  const std::uint64_t size = file->opened_stat().size;
  if (size != replica.size)
    return fail(Errc::io, fmt::format("{} bytes instead of {}", size, replica.size));
  SLUICE_TRY(auto scan, disk::ContentScan::begin(file->fd(), types_of(replica.checksums)));
  return std::make_unique<Reading>(Reading{std::move(file), std::move(scan)});
}

Task<void> Scrubber::read_to_end(Reading* reading, const Expected* replica, Read* out) {
  const std::string name = replica_path(replica->file);
  for (;;) {
    const auto most = std::clamp<std::uint64_t>(rate_, least_piece, disk::SequentialReader::piece);
    std::size_t taken = 0;
    SLUICE_CO_CHECK(co_await offload(service_.checksum_pool, [&]() -> Status {
      auto n = reading->scan.advance(most, name);
      if (n)
        taken = *n;
      else
        out->fault = n.error();
      return {};
    }));
    if (taken == 0) co_return Status{};
    out->bytes += taken;
    bytes_.add(taken);
    SLUICE_CO_CHECK(co_await keep_pace(taken));
  }
}

// Errc::cancelled: the file is to be let go, whose space may be wanted meanwhile.
Task<void> Scrubber::keep_pace(std::uint64_t bytes) {
  pace_.spend(bytes);
  for (;;) {
    const std::uint64_t rate = rate_;
    if (service_.stopping || rate == 0) co_return fail(Errc::cancelled, "scrubbing is over");
    const Duration wait = pace_.due(Pace::Clock::now(), rate);
    if (wait == Duration(0)) co_return Status{};
    if (!co_await rest(wait)) co_return fail(Errc::cancelled, "scrubbing is over");
  }
}

namespace {

// What is wrong with the bytes that were read.
std::optional<Error> difference(const catalogue::Checksums& expected,
                                const catalogue::Checksums& read) {
  for (const auto& [type, value] : read) {
    auto known = expected.find(type);
    if (known == expected.end() || known->second == value) continue;
    return Error{Errc::checksum,
                 fmt::format("{} is {}, the catalogue has {}", type, value, known->second),
                 {}};
  }
  return std::nullopt;
}

}  // namespace

// Whether it is broken.
Result<bool> Scrubber::conclude(const Expected& replica, const Read& read) {
  if (!read.fault && read.sums == replica.checksums) return false;
  SLUICE_TRY(const auto known, known_now(replica));
  if (!known) return false;
  const std::optional<Error> fault = read.fault ? read.fault : difference(*known, read.sums);
  if (!fault) {
    SLUICE_CHECK(complete(replica, read));
    return false;
  }
  const bool is_its_own =
      fault->code == Errc::not_found || fault->code == Errc::io || fault->code == Errc::checksum;
  if (!is_its_own) {
    // What may pass (no descriptors left, say) says nothing about the replica.
    log.warn("replica.not_scrubbed", {{"file", replica.file.number}, {"error", fault->message()}});
    return false;
  }
  SLUICE_CHECK(service_.mark_broken(replica.file, *fault));
  broken_.add();
  return true;
}

// The checksums of its file; nothing when the replica was removed, or came anew, while it was read.
Result<std::optional<catalogue::Checksums>> Scrubber::known_now(const Expected& replica) {
  const FileId before{replica.file.number - 1};
  SLUICE_TRY(auto found, service_.catalogue.replicas().expected_on(service_.id, before, 1));
  const bool is_the_same = !found.empty() && found.front().file == replica.file &&
                           found.front().changed_ns == replica.changed_ns;
  if (!is_the_same) return std::nullopt;
  return std::move(found.front().checksums);
}

Status Scrubber::complete(const Expected& replica, const Read& read) {
  if (replica.checksums.contains("adler32")) return {};
  auto told = service_.catalogue.names().complete_checksums(replica.file, replica.size,
                                                            {{"adler32", read.sums.at("adler32")}});
  if (told) {
    log.info("checksum.completed", {{"file", replica.file.number}});
    return {};
  }
  if (is_refusal(told.error().code)) return {};
  return tl::unexpected<Error>(std::move(told).error());
}

void Scrubber::passed(const Expected& replica, std::uint64_t bytes, bool is_broken) {
  replicas_.add();
  std::lock_guard lock(mutex_);
  state_.place = replica.file;
  ++state_.round.replicas;
  state_.round.bytes += bytes;
  if (is_broken) ++state_.round.broken;
}

Status Scrubber::load() {
  SLUICE_TRY(const auto settings, service_.catalogue.pools().settings(service_.id));
  is_loaded_ = true;
  auto kept = settings.find(kept_as);
  if (kept == settings.end()) return {};
  auto parsed = parse_scrub_state(kept->second);
  if (!parsed) {
    log.warn("scrub.begins_anew", {{"state", kept->second}});
    return {};
  }
  std::lock_guard lock(mutex_);
  state_ = *parsed;
  return {};
}

Status Scrubber::save() {
  saved_ = Pace::Clock::now();
  return service_.catalogue.pools().set(service_.id, kept_as, to_text(state()));
}

Status Scrubber::begin_round() {
  {
    std::lock_guard lock(mutex_);
    state_.place = {};
    state_.round = {.began_ns = catalogue::system_clock_ns()};
  }
  return save();
}

Status Scrubber::end_round() {
  ScrubRound ended;
  {
    std::lock_guard lock(mutex_);
    state_.round.ended_ns = catalogue::system_clock_ns();
    ended = state_.last = std::exchange(state_.round, {});
    state_.place = {};
  }
  log.info("scrub.finished", {{"replicas", ended.replicas},
                              {"bytes", ended.bytes},
                              {"broken", ended.broken},
                              {"ms", (ended.ended_ns - ended.began_ns) / 1'000'000}});
  return save();
}

}  // namespace sluice::pool
