// SPDX-License-Identifier: Apache-2.0
// Commands that show what is in files: cat, tail, checksum.
#include "base/checksum.h"
#include "cli/commands.h"
#include "cli/copy_file.h"
#include "cli/describe.h"

#include <fmt/format.h>
#include <unistd.h>

namespace sluice::cli {
namespace {

constexpr std::size_t cat_piece = 1U << 20;
constexpr int cat_depth = 8;

class Cat : public EachUrl {
 protected:
  Task<void> one(Remote remote, Place place) override {
    remote.console->flush();
    CopyShared shared(cat_piece, cat_depth);
    SLUICE_CO_TRY(Place out, parse_place("-"));
    SLUICE_CO_TRY(
        [[maybe_unused]] CopyOutcome outcome,
        co_await copy_file(remote, &shared, {.source = place, .target = out, .checksum = {}}));
    co_return Status();
  }
};

class Tail : public EachUrl {
 protected:
  void declare_more(Options& options) override {
    options.value("-n,--lines", "N", lines_, "How many lines")
        .value("-c,--bytes", "N", bytes_text_, "This many bytes instead of lines: 100, or 8KiB")
        .flag("-f,--follow", follow_, "Wait for more and show it, until Ctrl-C")
        .value("-s,--interval", "TIME", interval_, "How often to look for more");
  }
  Status check() override {
    if (!bytes_text_) return {};
    SLUICE_TRY(bytes_, parse_size(*bytes_text_));
    return {};
  }

  Task<void> one(Remote remote, Place place) override {
    SLUICE_CO_TRY(auto file, co_await remote.client->open(place.text()));
    SLUICE_CO_TRY(auto info, co_await file.stat());
    std::uint64_t at = info.size - std::min(info.size, bytes_);
    if (!bytes_text_) {
      SLUICE_CO_TRY(at, co_await start_of_lines(&file, info.size));
    }
    SLUICE_CO_TRY(at, co_await show_from(remote, &file, at));
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (follow_) {
      pause.expires_after(interval_);
      co_await pause.async_wait(as_value);
      SLUICE_CO_TRY(info, co_await file.stat());
      if (info.size < at) {
        remote.console->note(
            fmt::format("{} became shorter; going on at its start", place.shown()));
        at = 0;
      }
      SLUICE_CO_TRY(at, co_await show_from(remote, &file, at));
    }
    co_return co_await file.close();
  }

 private:
  using File = xroot::client::File;
  static constexpr std::size_t block = 64U << 10;

  // Reads backwards until enough lines were seen.
  Task<std::uint64_t> start_of_lines(File* file, std::uint64_t size) {
    std::vector<std::byte> buffer(block);
    std::uint64_t wanted = lines_ + 1;  // the newline before the first line shown
    std::uint64_t end = size;
    bool is_last_byte = true;
    while (end > 0) {
      std::uint64_t start = end - std::min<std::uint64_t>(end, block);
      SLUICE_CO_TRY(std::size_t got,
                    co_await file->read(start, ByteSpan(buffer).first(end - start)));
      for (std::size_t i = got; i > 0; --i) {
        bool ends_file = std::exchange(is_last_byte, false);
        if (buffer[i - 1] != std::byte{'\n'} && !ends_file) continue;
        if (--wanted == 0) co_return start + i;
      }
      end = start;
    }
    co_return std::uint64_t{0};
  }

  Task<std::uint64_t> show_from(Remote remote, File* file, std::uint64_t at) {
    std::vector<std::byte> buffer(cat_piece);
    while (true) {
      SLUICE_CO_TRY(std::size_t got, co_await file->read(at, buffer));
      remote.console->raw(as_text(ByteView(buffer).first(got)));
      at += got;
      if (got < buffer.size()) break;
    }
    remote.console->flush();
    co_return at;
  }

  std::uint64_t lines_ = 10;
  std::optional<std::string> bytes_text_;
  std::uint64_t bytes_ = 0;
  bool follow_ = false;
  Duration interval_ = std::chrono::seconds(1);
};

class ChecksumCommand : public RemoteCommand {
 protected:
  void declare_own(Options& options) override {
    std::vector<std::string> types;
    for (const ChecksumRow& row : checksum_rows()) types.emplace_back(row.name);
    options
        .choice("-t,--type", "TYPE", type_, types,
                "Which one; the server chooses when none is named, local files get adler32")
        .arguments("FILE", words_, 1, "URLs and local files", Complete::any_path);
  }
  Task<void> act(Remote remote) override {
    for (const std::string& word : words_) {
      SLUICE_CO_TRY(Place place, parse_place(word));
      auto sum = co_await sum_of(remote, place);
      if (!sum) {
        remote.console->report(place.shown(), sum.error());
      } else if (remote.console->json()) {
        remote.console->line(
            JsonObject().add("url", place.shown()).add("type", sum->type).add("value", sum->value));
      } else {
        remote.console->line(
            fmt::format("{} {}  {}", sum->type, sum->value, printable(place.shown())));
      }
    }
    co_return Status();
  }

 private:
  using Sum = xroot::client::Checksum;

  Task<Sum> sum_of(Remote remote, Place place) {
    if (place.is_remote()) co_return co_await remote.client->checksum(place.text(), type_);
    std::string type = type_.empty() ? "adler32" : type_;
    SLUICE_CO_TRY(auto digest, make_digest(type));
    SLUICE_CO_TRY(auto source, co_await open_source(remote, place));
    std::vector<std::byte> buffer(cat_piece);
    for (std::uint64_t at = 0;;) {
      SLUICE_CO_TRY(std::size_t got, co_await source->read(at, buffer));
      digest->update(ByteView(buffer).first(got));
      at += got;
      if (got < buffer.size()) break;
    }
    co_return Sum{type, digest->hex()};
  }

  std::string type_;
  std::vector<std::string> words_;
};

}  // namespace

const CommandRow cat_row{
    .path = "cat",
    .help = "Write files to standard output",
    .details = "",
    .examples = {{{"Look into a log", "sluice cat root://host//logs/today | less"},
                  {"Unpack while it arrives", "sluice cat root://host//backup/dir.tar | tar x"}}},
    .make = make_command<Cat>,
    .has_json = false,
};
const CommandRow tail_row{
    .path = "tail",
    .help = "Show the end of files",
    .details = "",
    .examples = {{{"The last 100 lines, and what comes",
                   "sluice tail -n 100 -f root://host//logs/today"},
                  {"The last 3 bytes", "sluice tail -c 3 root://host//data/f"}}},
    .make = make_command<Tail>,
    .has_json = false,
};
const CommandRow checksum_row{
    .path = "checksum",
    .help = "Show the checksums of files, remote or local",
    .details =
        "The server computes what it does not know yet, which may take a while for large files.",
    .examples = {{{"As the server likes", "sluice checksum root://host//data/run1.root"},
                  {"The same kind here and there",
                   "sluice checksum -t crc32c run1.root root://host//data/run1.root"}}},
    .make = make_command<ChecksumCommand>,
    .has_json = true,
};

}  // namespace sluice::cli
