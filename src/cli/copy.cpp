// SPDX-License-Identifier: Apache-2.0
// sluice cp: looks at sources and target, lets copy_plan.h decide, makes the directories and copies
// the files, a few at once, while a ticker draws progress and watches the limits of time and rate.
#include "cli/commands.h"
#include "cli/copy_file.h"
#include "cli/copy_plan.h"
#include "cli/look.h"
#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

namespace sluice::cli {
namespace {

struct CopyOptions {
  bool recursive = false;
  bool force = false;
  bool resume = false;
  bool posc = false;
  bool make_path = false;
  bool literal = false;
  bool quiet = false;
  int parallel = 4;
  int streams = 0;
  int depth = 4;
  Bytes piece = 8_MiB;
  std::optional<std::string> checksum;
  std::optional<std::string> rate;
  std::optional<std::string> min_rate;
  std::optional<Duration> max_time;
  std::vector<std::string> words;
};

// A command while it copies; lives in Copy::act().
struct Batch {
  Batch(Remote remote_, const CopyOptions& options_)
      : remote(remote_), options(options_), shared(options_.piece.count, options_.depth) {}

  Remote remote;
  const CopyOptions& options;
  CopyShared shared;
  std::optional<CopyChecksum> checksum;
  std::vector<FileJob> jobs;

  std::size_t next = 0;
  std::size_t files_done = 0;
  std::size_t files_failed = 0;
  Clock::time_point started = Clock::now();
  std::string current;
  TaskGroup* everything = nullptr;
  asio::steady_timer* ticking = nullptr;
  bool is_over = false;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// ---- What is there

Task<CopySource> look_at_source(Remote remote, Place place, bool recursive) {
  CopySource source{.place = place};
  if (place.is_stream()) co_return source;
  SLUICE_CO_TRY(auto info, co_await look(remote, place));
  source.is_directory = info.is_directory;
  if (!info.is_directory && !info.is_other) source.size = info.size;
  if (info.is_directory && recursive) {
    SLUICE_CO_TRY(source.tree, co_await walk(remote, place));
  }
  co_return source;
}

Task<CopyTarget> look_at_target(Remote remote, Place place) {
  CopyTarget target{.place = place};
  if (place.is_stream()) co_return target;
  auto info = co_await look(remote, place);
  if (!info && (info.error().code == Errc::not_found || info.error().code == Errc::not_file))
    co_return target;
  if (!info) co_return tl::unexpected<Error>(info.error());
  target.exists = true;
  target.is_directory = info->is_directory;
  co_return target;
}

// A source that is not there is told and left out; the others go on.
Task<std::vector<CopySource>> look_at_sources(Remote remote, const CopyOptions* options) {
  std::vector<CopySource> sources;
  for (std::size_t i = 0; i + 1 < options->words.size(); ++i) {
    SLUICE_CO_TRY(Place place, parse_place(options->words[i]));
    Result<std::vector<Place>> places = std::vector<Place>{place};
    if (!options->literal) places = co_await expand(remote, place);
    if (!places) {
      remote.console->report(place.shown(), places.error());
      continue;
    }
    for (const Place& each : *places) {
      auto source = co_await look_at_source(remote, each, options->recursive);
      if (source) {
        sources.push_back(std::move(*source));
      } else {
        remote.console->report(each.shown(), source.error());
      }
    }
  }
  co_return sources;
}

// ---- Doing it

Status make_local_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0 || errno == EEXIST) return {};
  return fail_errno(errno, path);
}

Task<void> make_directory(Remote remote, Place place, bool make_path) {
  if (!place.is_remote()) {
    if (make_path) {
      for (std::size_t slash = place.path.find('/', 1); slash != std::string::npos;
           slash = place.path.find('/', slash + 1)) {
        SLUICE_CO_CHECK(make_local_directory(place.path.substr(0, slash)));
      }
    }
    co_return make_local_directory(place.path);
  }
  auto info = co_await remote.client->stat(place.text());
  if (info && info->is_directory) co_return Status();
  co_return co_await remote.client->mkdir(place.text(), 0755, make_path);
}

void tell(Batch* batch, const FileJob& job, const CopyOutcome& outcome, double seconds) {
  Console& console = *batch->remote.console;
  if (console.json()) {
    JsonObject line;
    line.add("source", job.source.shown()).add("target", job.target.shown());
    line.add("bytes", outcome.bytes).add("skipped", outcome.skipped).add("seconds", seconds);
    if (!outcome.checksum_value.empty()) {
      line.add(
          "checksum",
          JsonObject().add("type", outcome.checksum_type).add("value", outcome.checksum_value));
    }
    if (!job.target.is_stream()) return console.line(line);
    return;
  }
  bool print = batch->checksum && batch->checksum->check == CopyChecksum::Check::print;
  if (print && job.target.is_stream()) {
    console.note(fmt::format("{} {}  {}", outcome.checksum_type, outcome.checksum_value,
                             job.source.shown()));
  } else if (print) {
    console.line(fmt::format("{} {}  {}", outcome.checksum_type, outcome.checksum_value,
                             job.target.shown()));
  }
}

std::string remedy_of(const CopyOptions& options, Errc code) {
  if (code == Errc::exists && !options.force)
    return "give --force to replace it, or --continue to go on";
  return {};
}

asio::awaitable<void> copy_jobs(Batch* batch) {
  while (batch->next < batch->jobs.size() && !batch->shared.stop) {
    const FileJob& job = batch->jobs[batch->next++];
    batch->current = job.source.shown();
    Clock::time_point begin = Clock::now();
    CopyRequest request{.source = job.source,
                        .target = job.target,
                        .force = batch->options.force,
                        .resume = batch->options.resume,
                        .posc = batch->options.posc,
                        .make_path = batch->options.make_path,
                        .checksum = batch->checksum};
    auto outcome = co_await copy_file(batch->remote, &batch->shared, std::move(request));
    if (outcome) {
      ++batch->files_done;
      tell(batch, job, *outcome, seconds_since(begin));
      continue;
    }
    ++batch->files_failed;
    if (batch->shared.stop) break;  // told once, by run_batch()
    Error error = outcome.error();
    bool target_is_meant =
        error.code == Errc::exists || error.code == Errc::no_space || error.code == Errc::quota;
    const Place& object = target_is_meant ? job.target : job.source;
    batch->remote.console->report(object.shown(), error, remedy_of(batch->options, error.code));
  }
}

ProgressState progress_of(const Batch& batch, double rate) {
  ProgressState state;
  state.name = batch.current;
  state.bytes_done = batch.shared.bytes_done;
  state.bytes_total = 0;
  for (const FileJob& job : batch.jobs) {
    if (!job.size || !state.bytes_total) {
      state.bytes_total.reset();
      break;
    }
    *state.bytes_total += *job.size;
  }
  state.files_done = batch.files_done;
  state.files_total = batch.jobs.size();
  state.bytes_per_second = rate;
  return state;
}

void stop_batch(Batch* batch, Error error) {
  batch->shared.stop = std::move(error);
  batch->everything->cancel();
}

asio::awaitable<void> watch(Batch* batch) {
  constexpr std::chrono::milliseconds tick(200);
  RateMeter meter;
  std::optional<RateFloor> floor;
  if (batch->options.min_rate) floor.emplace(*parse_rate(*batch->options.min_rate), batch->started);
  Console& console = *batch->remote.console;
  bool draws = !batch->options.quiet && !console.json() && console.has_terminal();
  while (!batch->is_over) {
    Clock::time_point now = Clock::now();
    meter.sample(now, batch->shared.bytes_done);
    if (draws)
      console.progress(
          progress_line(progress_of(*batch, meter.bytes_per_second()), console.terminal_width()));
    if (batch->options.max_time && now - batch->started >= *batch->options.max_time) {
      stop_batch(batch, {Errc::timer_expired,
                         fmt::format("--max-time {} is over", to_text(*batch->options.max_time)),
                         {}});
      break;
    }
    if (floor && floor->is_too_slow(now, batch->shared.bytes_done)) {
      stop_batch(batch, {Errc::timed_out,
                         fmt::format("slower than --min-rate {} for {} s", *batch->options.min_rate,
                                     RateFloor::window.count()),
                         {}});
      break;
    }
    batch->ticking->expires_after(tick);
    co_await batch->ticking->async_wait(as_value);
  }
}

asio::awaitable<void> copy_then_end(Batch* batch) {
  std::size_t workers =
      std::min<std::size_t>(static_cast<std::size_t>(batch->options.parallel), batch->jobs.size());
  co_await with_task_group([batch, workers](TaskGroup& group) -> asio::awaitable<void> {
    for (std::size_t i = 0; i < workers; ++i) group.spawn(copy_jobs(batch));
    co_return;
  });
  batch->is_over = true;
  batch->ticking->cancel();
}

Task<void> run_batch(Batch* batch) {
  asio::steady_timer ticking(co_await asio::this_coro::executor);
  batch->ticking = &ticking;
  try {
    co_await with_task_group([batch](TaskGroup& group) -> asio::awaitable<void> {
      batch->everything = &group;
      group.spawn(watch(batch));
      group.spawn(copy_then_end(batch));
      co_return;
    });
  } catch (const boost::system::system_error&) {
    if (!batch->shared.stop) throw;  // Ctrl-C, not one of our own limits
  }
  if (batch->shared.stop) co_return tl::unexpected<Error>(*batch->shared.stop);
  co_return Status();
}

void tell_sum(const Batch& batch) {
  Console& console = *batch.remote.console;
  double seconds = seconds_since(batch.started);
  auto bytes = static_cast<double>(batch.shared.bytes_done);
  if (console.json()) {
    if (!batch.jobs.empty() && batch.jobs[0].target.is_stream())
      return;  // standard output is the file
    console.line(JsonObject()
                     .add("files", batch.files_done)
                     .add("failed", batch.files_failed)
                     .add("bytes", batch.shared.bytes_done)
                     .add("seconds", seconds));
  } else if (console.has_terminal() && !batch.options.quiet) {
    console.note(fmt::format("{} file{}, {} in {:.1f} s, {}/s", batch.files_done,
                             batch.files_done == 1 ? "" : "s", human_bytes(bytes), seconds,
                             human_bytes(seconds > 0 ? bytes / seconds : 0)));
  }
}

class Copy : public RemoteCommand {
 protected:
  void declare_own(Options& options) override {
    options.flag("-r,--recursive", o_.recursive, "Copy directories and everything in them")
        .flag("-f,--force", o_.force, "Replace files that exist")
        .flag("-c,--continue", o_.resume,
              "Go on where an earlier copy was interrupted; skip what is complete")
        .value("-C,--checksum", "TYPE[:WHAT]", o_.checksum,
               "Checksum (adler32, crc32, crc32c, md5, sha256). WHAT is end2end: compare source "
               "and target (default); source: "
               "compare what arrived with the source's; print: only print it; or the value that it "
               "must have")
        .flag("-m,--mkdir", o_.make_path, "Make missing directories of the target")
        .flag("--posc", o_.posc,
              "The file appears only when it is complete; an interrupted copy leaves nothing")
        .value("-p,--parallel", "N", o_.parallel, "Files copied at once")
        .value("-S,--streams", "N", o_.streams,
               "Further connections over which one file is read (0-15)")
        .value("--depth", "N", o_.depth, "Pieces of each file in flight")
        .value("--piece", "SIZE", o_.piece,
               "Size of a piece; depth x piece x parallel is the memory used")
        .value("--rate", "SIZE", o_.rate, "Limit to this many bytes per second")
        .value("--min-rate", "SIZE", o_.min_rate, "Fail when slower than this per second for 30 s")
        .value("--max-time", "TIME", o_.max_time, "Fail when not finished after this time")
        .flag("--no-glob", o_.literal, "Take * ? [ in sources as they are")
        .flag("-q,--quiet", o_.quiet, "No progress")
        .arguments("SOURCE... TARGET", o_.words, 2,
                   "Files, directories, root:// URLs, or - for a standard stream",
                   Complete::any_path);
  }

  Status check() override {
    if (o_.words.size() < 2) return fail(Errc::usage, "TARGET is missing");
    SLUICE_CHECK(between("--parallel", o_.parallel, 1, 256));
    SLUICE_CHECK(between("--streams", o_.streams, 0, 15));
    SLUICE_CHECK(between("--depth", o_.depth, 1, 64));
    if (o_.piece < 4_KiB || o_.piece > 1_GiB)
      return fail(Errc::usage, "--piece must be between 4 KiB and 1 GiB");
    if (o_.resume && o_.posc)
      return fail(
          Errc::usage,
          "--continue and --posc exclude each other: with --posc nothing is left to continue");
    if (o_.resume && o_.force)
      return fail(Errc::usage, "--continue and --force exclude each other");
    if (o_.checksum) {
      SLUICE_TRY(checksum_, parse_copy_checksum(*o_.checksum));
    }
    for (const auto& rate : {o_.rate, o_.min_rate}) {
      if (!rate) continue;
      SLUICE_TRY([[maybe_unused]] std::uint64_t known, parse_rate(*rate));
    }
    return {};
  }

  xroot::client::ClientOptions tune(xroot::client::ClientOptions options) const override {
    options.streams = o_.streams;
    return options;
  }

  Task<void> act(Remote remote) override {
    SLUICE_CO_TRY(Place target_place, parse_place(o_.words.back()));
    SLUICE_CO_TRY(auto sources, co_await look_at_sources(remote, &o_));
    if (sources.empty()) co_return Status();  // each was told
    SLUICE_CO_TRY(CopyTarget target, co_await look_at_target(remote, target_place));
    SLUICE_CO_TRY(CopyPlan plan, plan_copy(sources, target, {o_.recursive, o_.make_path}));
    for (const auto& [place, error] : plan.refused) remote.console->report(place.shown(), error);
    for (const Place& directory : plan.directories) {
      Status made = co_await make_directory(remote, directory, o_.make_path);
      if (!made) {
        remote.console->report(directory.shown(), made.error());
        co_return Status();
      }
    }
    Batch batch(remote, o_);
    batch.checksum = checksum_;
    batch.jobs = std::move(plan.files);
    if (o_.rate) batch.shared.limit.emplace(*parse_rate(*o_.rate));
    SLUICE_CO_CHECK(co_await run_batch(&batch));
    tell_sum(batch);
    co_return Status();
  }

 private:
  static Status between(std::string_view name, int value, int low, int high) {
    if (value >= low && value <= high) return {};
    return fail(Errc::usage, fmt::format("{} must be between {} and {}", name, low, high));
  }

  CopyOptions o_;
  std::optional<CopyChecksum> checksum_;
};

}  // namespace

const CommandRow copy_row{
    .path = "cp",
    .help = "Copy files and directories, to, from and between servers",
    .details =
        "Works like cp(1): a target that is a directory takes the sources under their own names; "
        "several sources, or a target "
        "that ends in /, need a directory. Sources may hold * and [...] on servers, ? too on the "
        "local disk; a name that "
        "exists as it stands is taken as it is.\n"
        "A file that exists is left alone unless --force or --continue is given. After a failure "
        "the other files are still "
        "copied. On a terminal a line shows the progress.",
    .examples =
        {{{"Download into the current directory", "sluice cp root://host//data/run1.root ."},
          {"Upload, and compare the checksums of both ends",
           "sluice cp -C adler32 run1.root root://host//data/"},
          {"A directory with everything in it, eight files at once",
           "sluice cp -r -p 8 root://host//data/2024 ."},
          {"All files that match", "sluice cp 'root://host//data/run*.root' here/"},
          {"Go on after an interruption", "sluice cp --continue root://host//data/big.root ."},
          {"From and to a pipe", "tar c dir | sluice cp - root://host//backup/dir.tar"},
          {"From one server to another, through this machine", "sluice cp root://a//f root://b//f"},
          {"At most 50 MiB/s, and no longer than an hour",
           "sluice cp --rate 50MiB --max-time 1h run1.root root://host//data/"}}},
    .make = make_command<Copy>,
    .has_json = true,
};

}  // namespace sluice::cli
