// SPDX-License-Identifier: Apache-2.0
// `sluice bench xroot`: a load generator for any server of the xroot protocol.
#include "cli/bench/api.h"
#include "cli/bench/report.h"
#include "cli/bench/run.h"
#include "cli/bench/workload.h"

#include <array>
#include <optional>
#include <string>

namespace sluice::cli::bench {

namespace {

class BenchXroot final : public Command {
 public:
  void declare(Options& options) override {
    std::vector<std::string> names;
    for (const ModeRow& row : modes()) names.emplace_back(row.name);
    options.arguments("URL", load_.urls, 1,
                      "root://HOST:PORT//PATH; connections are dealt over them, {n} becomes their "
                      "number, {i} that of a "
                      "file",
                      Complete::remote);
    options.choice("--mode", "MODE", mode_, std::move(names), "what an operation is");
    options.value("--size", "SIZE", size_,
                  "bytes of an operation, of a piece for vread (default: by mode)");
    options.value("--depth", "N", load_.depth, "operations in flight on each connection");
    options.value("--connections", "N", load_.connections, "connections altogether");
    options.value("--threads", "N", load_.threads, "threads of the generator");
    options.value("--items", "N", load_.items, "pieces of a vector read");
    options.value("--duration", "TIME", load_.duration, "how long to measure");
    options.value("--warmup", "TIME", load_.warmup, "how long to work before that");
    options.value("--file-size", "SIZE", load_.file_size,
                  "bytes that write modes write round and round");
    options.value(
        "--files", "N", load_.files,
        "{i} in the path becomes a number below N: each once with create and remove, which "
        "then end, any with others");
    options.value("--first-file", "N", load_.first_file, "{i} starts here");
    options.value("--seed", "N", load_.seed, "start of the random offsets");
    options.flag("--new-sessions", load_.new_sessions,
                 "with roots:// URLs every connection makes a session of its own");
    options.value("--server-pid", "PID", server_pid_,
                  "report CPU and memory of this process as well");
    options.flag("--verify", load_.verify,
                 "check the content of every answer; files must have been written by bench");
  }

  Status run(Console& console) override {
    SLUICE_TRY(load_.mode, parse_mode(mode_));
    load_.size = size_.value_or(0_B);
    load_.server_pid = server_pid_.value_or(0);
    SLUICE_TRY(const Outcome outcome, bench::run(load_));
    if (console.json()) {
      console.line(as_json(outcome));
    } else {
      console.line(as_table(outcome));
    }
    if (outcome.tally.errors > 0) console.set_exit_code(error_row(Errc::server).exit);
    return {};
  }

 private:
  Workload load_;
  std::optional<Bytes> size_;
  std::optional<std::uint64_t> server_pid_;
  std::string mode_ = "randread";
};

constexpr std::array rows = {CommandRow{
    "bench xroot",
    "Load a server and show its rate, latencies and errors",
    "Every connection keeps --depth operations in flight and issues the next when one is answered. "
    "Data of answers are "
    "dropped in the kernel and data of writes sent from memory without copying, so that the server "
    "and not this "
    "program is measured; \"own CPU\" shows what it cost. Operations that fail are counted and "
    "make the exit code "
    "differ from 0. With --verify answers are received whole and compared with the pattern that "
    "--mode write leaves "
    "behind; write modes read back what they wrote. Redirects are followed over a second "
    "connection "
    "that stays. roots:// URLs are asked over TLS, with the authorities of $X509_CERT_DIR. A "
    "server "
    "that asks for authentication gets what the field's clients would show it: the token of "
    "$BEARER_TOKEN, the proxy of $X509_USER_PROXY, with the methods of $XrdSecPROTOCOL.",
    {{{"random reads of 4 KiB, 8 in flight on each of 16 connections",
       "sluice bench xroot root://localhost//data/f --mode randread --depth 8 --connections 16"},
      {"writes into a file per connection",
       "sluice bench xroot 'root://localhost//data/w{n}' --mode write --connections 4"}}},
    &make_command<BenchXroot>,
    true}};

}  // namespace

std::span<const CommandRow> commands() { return rows; }

}  // namespace sluice::cli::bench
