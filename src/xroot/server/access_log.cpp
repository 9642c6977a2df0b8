// SPDX-License-Identifier: Apache-2.0
#include "xroot/server/access_log.h"

#include "base/log_line.h"

#include <pthread.h>

#include <algorithm>
#include <cstring>

namespace sluice::xroot::server {
namespace {

const Logger log("access_log");

// How long a line waits at most, unless a buffer fills up before.
constexpr auto rest = std::chrono::milliseconds(200);
// A full disk loses every line; to say so once a minute is enough.
constexpr auto complaint_interval = std::chrono::minutes(1);

}  // namespace

LineRing::LineRing(std::size_t size) : size_(size), bytes_(new char[size]) {}

bool LineRing::push(std::string_view line) {
  const std::uint64_t at = pushed_.load(std::memory_order_relaxed);
  if (size_ - (at - taken_seen_) < line.size()) {
    taken_seen_ = taken_.load(std::memory_order_acquire);
    if (size_ - (at - taken_seen_) < line.size()) return false;
  }
  const std::size_t place = at & (size_ - 1);
  const std::size_t first = std::min(line.size(), size_ - place);
  std::memcpy(bytes_.get() + place, line.data(), first);
  std::memcpy(bytes_.get(), line.data() + first, line.size() - first);
  pushed_.store(at + line.size(), std::memory_order_release);
  return true;
}

bool LineRing::is_half_full() {
  const std::uint64_t pushed = pushed_.load(std::memory_order_relaxed);
  if (pushed - taken_seen_ <= size_ / 2) return false;
  taken_seen_ = taken_.load(std::memory_order_acquire);
  return pushed - taken_seen_ > size_ / 2;
}

void LineRing::take(std::string& out) {
  const std::uint64_t from = taken_.load(std::memory_order_relaxed);
  const std::uint64_t to = pushed_.load(std::memory_order_acquire);
  const std::size_t place = from & (size_ - 1);
  const std::size_t first = std::min<std::uint64_t>(to - from, size_ - place);
  out.append(bytes_.get() + place, first);
  out.append(bytes_.get(), to - from - first);
  taken_.store(to, std::memory_order_release);
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const AccessLogConfig& config, LogFormat format,
                                                   std::size_t loops, Metrics& metrics) {
  std::unique_ptr<AccessLog> made;
  if (config.file.empty()) return made;
  SLUICE_TRY(LineFile file, LineFile::open(config.file));
  const bool data_requests = config.requests == LoggedRequests::all;
  made.reset(new AccessLog(std::move(file), data_requests, format, loops, metrics));
  return made;
}

AccessLog::AccessLog(LineFile file, bool data_requests, LogFormat format, std::size_t loops,
                     Metrics& metrics)
    : format_(format),
      data_requests_(data_requests),
      lost_(metrics.counter("sluice_xroot_access_log_lost_total",
                            "Lines of the access log that could not be written.")),
      file_(std::move(file)) {
  for (std::size_t i = 0; i < loops; ++i) buffers_.push_back(std::make_unique<Buffer>());
  thread_ = std::thread([this] { work(); });
  ::pthread_setname_np(thread_.native_handle(), "access-log");
}

AccessLog::~AccessLog() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_one();
  thread_.join();
}

void AccessLog::append(std::size_t loop, std::string_view line) {
  Buffer& buffer = *buffers_[loop];
  if (!buffer.ring.push(line)) {
    buffer.dropped.fetch_add(1, std::memory_order_relaxed);
    lost_.add();
  } else if (!buffer.ring.is_half_full()) {
    return;
  }
  wake();
}

// Costs a system call once per half a buffer. A call that is lost costs the thread's rest.
void AccessLog::wake() {
  if (!awake_.load(std::memory_order_relaxed) && !awake_.exchange(true)) woken_.notify_one();
}

void AccessLog::work() {
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, rest, [this] { return stopping_ || awake_.load(); });
      last = stopping_;
    }
    reopen_if_asked();
    write_all();
    awake_ = false;
  }
}

void AccessLog::reopen_if_asked() {
  if (!reopen_asked_.exchange(false)) return;
  if (Status opened = file_.reopen(); !opened)
    log.error("file.reopen_failed", {{"file", file_.name()}, {"why", opened.error().message()}});
}

void AccessLog::write_all() {
  for (auto& buffer : buffers_) {
    batch_.clear();
    buffer->ring.take(batch_);
    if (std::uint64_t dropped = buffer->dropped.exchange(0)) {
      LogLine line(format_);
      line.add_time(std::chrono::system_clock::now());
      line.add({"lines_lost", dropped});
      line.end();
      batch_ += line.text();
      lose(dropped, "the file takes lines too slowly");
    }
    if (!batch_.empty()) write(batch_);
  }
}

void AccessLog::write(std::string_view lines) {
  auto written = file_.append(lines);
  const std::size_t done = written ? *written : 0;
  if (done == lines.size()) return;
  auto lost = static_cast<std::uint64_t>(std::ranges::count(lines.substr(done), '\n'));
  lost_.add(lost);
  lose(lost, written ? file_.name() + ": no space" : written.error().message());
}

void AccessLog::lose(std::uint64_t lines, std::string_view why) {
  lost_since_complaint_ += lines;
  auto now = std::chrono::steady_clock::now();
  if (now < next_complaint_) return;
  next_complaint_ = now + complaint_interval;
  log.error("lines.lost", {{"lines", std::exchange(lost_since_complaint_, 0)}, {"why", why}});
}

}  // namespace sluice::xroot::server
