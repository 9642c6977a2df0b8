// SPDX-License-Identifier: Apache-2.0
// The table of modes and the rules that options must keep; each rule protects a limit of the
// protocol or of the tool.
#include "cli/bench/workload.h"

#include "xroot/protocol.h"
#include "xroot/url.h"

#include <algorithm>
#include <array>

namespace sluice::cli::bench {

namespace {

constexpr std::array mode_rows = {
    ModeRow{"seqread", Mode::seqread, Needs::file_to_read, 1_MiB, "reads one after the other"},
    ModeRow{"randread", Mode::randread, Needs::file_to_read, 4_KiB, "reads anywhere in the file"},
    ModeRow{"vread", Mode::vread, Needs::file_to_read, 4_KiB, "vector reads of --items pieces"},
    ModeRow{"pgread", Mode::pgread, Needs::file_to_read, 1_MiB, "reads of pages with CRC32C"},
    ModeRow{"write", Mode::write, Needs::file_to_write, 1_MiB, "writes one after the other"},
    ModeRow{"pgwrite", Mode::pgwrite, Needs::file_to_write, 1_MiB, "writes of pages with CRC32C"},
    ModeRow{"stat", Mode::stat, Needs::path, 0_B, "stat of the path"},
    ModeRow{"open", Mode::open, Needs::file_to_read, 4_KiB, "open, read --size, close"},
    ModeRow{"create", Mode::create, Needs::new_file, 4_KiB, "make a file, write --size, close"},
    ModeRow{"remove", Mode::remove, Needs::path, 0_B, "remove the file"},
    ModeRow{"connect", Mode::connect, Needs::nothing, 0_B, "connect, log in, authenticate, close"},
    ModeRow{"ping", Mode::ping, Needs::nothing, 0_B, "kXR_ping"},
};

constexpr std::uint64_t max_operation = 64 << 20;  // a client that asks for more asks in pieces
constexpr std::uint64_t max_depth = 4096;
constexpr std::uint64_t max_connections = 60000;
constexpr std::uint64_t max_threads = 256;

constexpr std::string_view number_mark = "{n}";
constexpr std::string_view file_mark = "{i}";

void replace_all(std::string& text, std::string_view mark, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += by.size())
    text.replace(at, mark.size(), by);
}

Status check_counts(const Workload& o) {
  if (o.urls.empty()) return fail(Errc::usage, "bench: no URL");
  if (o.depth < 1 || o.depth > max_depth) return fail(Errc::usage, "--depth: 1 to 4096");
  if (o.connections < 1 || o.connections > max_connections) {
    return fail(Errc::usage, "--connections: 1 to 60000");
  }
  if (o.threads < 1 || o.threads > max_threads) return fail(Errc::usage, "--threads: 1 to 256");
  if (o.items < 1 || o.items > xroot::max_vector_items)
    return fail(Errc::usage, "--items: 1 to 1024");
  if (numbers_files(o) && o.files == 0 && !(o.mode == Mode::create)) {
    return fail(Errc::usage, "--files: how many numbers {i} stands for");
  }
  if (o.duration.count() < 1) return fail(Errc::usage, "--duration must be above 0");
  return {};
}

Status check_size(const Workload& o) {
  const std::uint64_t limit = o.mode == Mode::vread ? xroot::max_vector_item_bytes : max_operation;
  const ModeRow& row = row_of(o.mode);
  if (row.size.count == 0 && o.size.count != 0) {
    return fail(Errc::usage, "--size means nothing for --mode " + std::string(row.name));
  }
  if (o.size.count > limit) return fail(Errc::usage, "--size: at most " + to_text(Bytes{limit}));
  if (o.mode == Mode::pgwrite && o.size.count % xroot::page_size != 0) {
    return fail(Errc::usage, "--size: pgwrite needs a multiple of 4 KiB");
  }
  if (row.needs == Needs::file_to_write && o.file_size.count < o.size.count) {
    return fail(Errc::usage, "--file-size is smaller than --size");
  }
  return {};
}

Status check_url(const Workload& o, std::string_view url) {
  SLUICE_TRY(const Target target, parse_target(url));
  const ModeRow& row = row_of(o.mode);
  if (row.needs != Needs::nothing && target.path.empty()) {
    return fail(Errc::usage, "no path in " + std::string(url));
  }
  if (makes_or_removes(o.mode) && target.path.find(file_mark) == std::string::npos) {
    return fail(Errc::usage,
                "every file needs a name of its own: put {i} into the path of " + std::string(url));
  }
  // Two writers in one file would measure its lock.
  const bool has_own_files = row.needs == Needs::file_to_write || makes_or_removes(o.mode);
  if (has_own_files && o.connections > o.urls.size() &&
      target.path.find(number_mark) == std::string::npos) {
    return fail(Errc::usage, "connections that write need a file each: put {n} into the path of " +
                                 std::string(url));
  }
  return {};
}

}  // namespace

std::span<const ModeRow> modes() { return mode_rows; }

const ModeRow& row_of(Mode mode) { return mode_rows[static_cast<std::size_t>(mode)]; }

Result<Mode> parse_mode(std::string_view name) {
  std::string known;
  for (const ModeRow& row : mode_rows) {
    if (row.name == name) return row.mode;
    known += known.empty() ? "" : ", ";
    known += row.name;
  }
  return fail(Errc::usage, "--mode \"" + std::string(name.substr(0, 32)) + "\": one of " + known);
}

Result<Target> parse_target(std::string_view text) {
  SLUICE_TRY(const xroot::Url url, xroot::Url::parse(text));
  if (url.is_local()) return fail(Errc::usage, "not a root:// URL: " + url.display());
  return Target{url.host, url.port, url.path_with_cgi(), url.wants_tls()};
}

std::string path_of(const Target& target, unsigned index) {
  std::string path = target.path;
  replace_all(path, number_mark, std::to_string(index));
  return path;
}

std::string with_number(std::string path, std::uint64_t number) {
  replace_all(path, file_mark, std::to_string(number));
  return path;
}

bool makes_or_removes(Mode mode) { return mode == Mode::create || mode == Mode::remove; }

bool numbers_files(const Workload& load) {
  return std::ranges::any_of(
      load.urls, [](const std::string& url) { return url.find(file_mark) != std::string::npos; });
}

Result<Workload> checked(Workload load) {
  if (load.size.count == 0) load.size = row_of(load.mode).size;
  SLUICE_CHECK(check_counts(load));
  SLUICE_CHECK(check_size(load));
  for (const std::string& url : load.urls) SLUICE_CHECK(check_url(load, url));
  load.threads = std::min(load.threads, load.connections);
  return load;
}

}  // namespace sluice::cli::bench
