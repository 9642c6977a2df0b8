// SPDX-License-Identifier: Apache-2.0
// The access log (setting access_log.file): a line for every connection and request, whatever became of it. The lines are
// made in access_note.h.
//
// A loop puts its lines into a buffer of its own, which a thread empties into the file. What does not fit because the file
// is slow or hangs is counted and dropped: no client waits for its line, and the memory is bounded.
#pragma once

#include "base/line_file.h"
#include "base/log.h"
#include "base/metrics.h"
#include "xroot/server/config.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sluice::xroot::server {

// Bytes from one thread to one other.
class LineRing {
 public:
  explicit LineRing(std::size_t size);  // a power of two

  // False when there is no room for all of it.
  bool push(std::string_view line);
  // Appends what is there to `out`.
  void take(std::string& out);
  // For the pushing thread.
  bool is_half_full();

 private:
  const std::size_t size_;
  const std::unique_ptr<char[]> bytes_;
  alignas(64) std::atomic<std::uint64_t> pushed_{0};
  std::uint64_t taken_seen_ = 0;  // as the pushing thread last saw it
  alignas(64) std::atomic<std::uint64_t> taken_{0};
};

class AccessLog {
 public:
  static constexpr std::size_t buffer_size = 4 << 20;  // for each loop

  // Null where the settings name no file. For `loops` loops; lines are of `format` until the end.
  static Result<std::unique_ptr<AccessLog>> open(const AccessLogConfig& config, LogFormat format,
                                                 std::size_t loops, Metrics& metrics);
  // Writes what is there.
  ~AccessLog();

  LogFormat format() const { return format_; }
  // Reads and writes have lines of their own.
  bool has_data_requests() const { return data_requests_; }

  // On the thread of that loop. Never waits.
  void append(std::size_t loop, std::string_view line);

  // The file was renamed or removed (log rotation). From any thread.
  void reopen() { reopen_asked_ = true; }

 private:
  struct Buffer {
    LineRing ring{buffer_size};
    std::atomic<std::uint64_t> dropped{0};
  };

  AccessLog(LineFile file, bool data_requests, LogFormat format, std::size_t loops,
            Metrics& metrics);

  void work();
  void wake();
  // On the writing thread.
  void reopen_if_asked();
  void write_all();
  void write(std::string_view lines);
  void lose(std::uint64_t lines, std::string_view why);

  const LogFormat format_;
  const bool data_requests_;
  Counter& lost_;
  LineFile file_;
  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::atomic<bool> reopen_asked_{false};
  std::string batch_;
  std::uint64_t lost_since_complaint_ = 0;
  std::chrono::steady_clock::time_point next_complaint_{};

  std::mutex mutex_;
  std::condition_variable woken_;
  std::atomic<bool> awake_{false};  // somebody has woken the thread, or it works
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace sluice::xroot::server
