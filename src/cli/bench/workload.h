// SPDX-License-Identifier: Apache-2.0
// What `sluice bench xroot` is asked to do: the table of its modes, its options, and the checks
// made before a socket opens.
#pragma once

#include "base/result.h"
#include "base/units.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli::bench {

enum class Mode : std::uint8_t {
  seqread,
  randread,
  vread,
  pgread,
  write,
  pgwrite,
  stat,
  open,
  create,
  remove,
  connect,
  ping
};

enum class Needs : std::uint8_t { nothing, path, file_to_read, file_to_write, new_file };

struct ModeRow {
  std::string_view name;
  Mode mode;
  Needs needs;
  Bytes size;  // of one operation unless --size says otherwise; 0 where an operation moves no data
  std::string_view text;
};

std::span<const ModeRow> modes();
const ModeRow& row_of(Mode mode);
Result<Mode> parse_mode(std::string_view name);

struct Workload {
  std::vector<std::string> urls;
  Mode mode = Mode::randread;
  Bytes size;               // 0: the mode's own
  std::uint64_t depth = 1;  // requests in flight on a connection
  std::uint64_t connections = 1;
  std::uint64_t threads = 1;
  std::uint64_t items = 16;  // segments of a vector read
  Duration duration{5'000};
  Duration warmup{250};
  Bytes file_size = 64_MiB;  // written round and round by the write modes
  std::uint64_t files = 0;   // {i} of a path is below this; 0: no limit
  std::uint64_t first_file = 0;
  std::uint64_t seed = 1;
  bool verify = false;
  bool json = false;
  bool new_sessions = false;  // of TLS: none is resumed
  std::uint64_t server_pid =
      0;  // a process whose CPU and memory the report shall tell too; 0: none
};

// Where one connection goes and on which path it works.
struct Target {
  std::string host;
  std::uint16_t port = 0;
  std::string path;  // may carry ?opaque
  bool tls = false;
};

Result<Target> parse_target(std::string_view text);

// The path of connection `index`: every "{n}" becomes its number.
std::string path_of(const Target& target, unsigned index);

// The same with the number of a file in the place of every "{i}".
std::string with_number(std::string path, std::uint64_t number);

// Each file is worked on once.
bool makes_or_removes(Mode mode);
// Paths have {i}.
bool numbers_files(const Workload& load);

// Fills in the size of the mode and refuses what cannot be measured, naming the option.
Result<Workload> checked(Workload load);

}  // namespace sluice::cli::bench
