// SPDX-License-Identifier: Apache-2.0
#include "app/running_commands.h"

#include "app/admin_routes.h"
#include "app/settings_source.h"
#include "base/units.h"
#include "cli/console.h"
#include "http/local_client.h"
#include "http/message.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <optional>

namespace sluice::app {
namespace {

using cli::Console;
using cli::Options;
namespace json = boost::json;

struct Column {
  std::string_view key;
  std::string_view title;
  int width = 0;  // negative: to the right
};

// A word of the command line that becomes a part of the path or, with dashes, of the query.
struct Word {
  std::string_view name;  // of an argument "ID", or of an option "--reason"
  std::string_view key;   // {key} in the path, or the name in the query
  std::string_view help;
  bool is_flag = false;  // an option without a value; in the query it is "yes"
};

// What a command asks the server for, and what it shows of the answer.
struct Question {
  std::string_view method;
  std::string_view path;  // below admin_prefix
  std::array<Word, 5> words{};
  std::array<Column, 8> columns{};
  std::string_view done{};  // what to say where there is nothing to show
  std::optional<Duration> patience = Duration(30'000);
};

constexpr std::array<Column, 8> mover_columns{
    Column{"id", "ID", -6},         Column{"state", "STATE", 8},   Column{"queue", "QUEUE", 10},
    Column{"direction", "WHAT", 6}, Column{"bytes", "BYTES", -10}, Column{"running_ms", "FOR", -8},
    Column{"client", "CLIENT", 22}, Column{"path", "PATH", 0},
};
constexpr std::array<Column, 8> queue_columns{
    Column{"queue", "QUEUE", 16},
    Column{"order", "ORDER", 6},
    Column{"max_active", "LIMIT", -8},
    Column{"active", "ACTIVE", -8},
    Column{"waiting", "WAITING", -8},
    Column{"idle_timeout_ms", "IDLE", -8},
    Column{"total_timeout_ms", "TOTAL", -8},
};
constexpr std::array<Column, 8> connection_columns{
    Column{"id", "ID", 13},        Column{"client", "CLIENT", 22},       Column{"user", "USER", 10},
    Column{"since_ms", "FOR", -8}, Column{"application", "PROGRAM", 20}, Column{"door", "DOOR", 0},
};

constexpr std::array<Column, 8> check_columns{
    Column{"replicas", "REPLICAS", -10}, Column{"lost", "LOST", -8},
    Column{"found", "FOUND", -8},        Column{"unknown", "UNKNOWN", -8},
    Column{"removed", "REMOVED", -8},
};
constexpr std::array<Column, 8> scrub_columns{
    Column{"state", "STATE", 8},    Column{"rate", "RATE/S", -10},
    Column{"place", "PLACE", -10},  Column{"since_ms", "SINCE", -12},
    Column{"bytes", "BYTES", -10},  Column{"broken", "BROKEN", -8},
    Column{"last_ms", "LAST", -12}, Column{"last_broken", "BROKEN", -8},
};

constexpr std::array questions = {
    Question{"GET", "/movers", {}, mover_columns},
    Question{"DELETE",
             "/movers/{id}",
             {Word{"ID", "id", "Number of the mover"},
              Word{"--reason", "reason", "What the client and the billing are told"}},
             {},
             "killed"},
    Question{"GET", "/queues", {}, queue_columns},
    Question{
        "PUT",
        "/queues/{name}",
        {Word{"QUEUE", "name", "Name of the queue; a new one is made"},
         Word{"--max-active", "max_active", "Movers at the same time; the others wait"},
         Word{"--order", "order", "fifo, or lifo for overload"},
         Word{"--idle-timeout", "idle", "Ends movers without an access for so long: 4h; 0: off"},
         Word{"--total-timeout", "total", "Ends movers after so long: 5d; 0: off"}},
        {},
        "set, and kept for the next start"},
    Question{"DELETE",
             "/queues/{name}",
             {Word{"QUEUE", "name", "Name of a queue that nobody is in"}},
             {},
             "removed"},
    Question{"GET", "/connections", {}, connection_columns},
    Question{"DELETE",
             "/connections/{id}",
             {Word{"ID", "id", "As `sluice admin connections` shows it"}},
             {},
             "ended"},
    Question{"POST",
             "/check",
             {Word{"--remove-unknown", "remove_unknown",
                   "Remove the files that the catalogue knows nothing of", true},
              Word{"--older-than", "older_than",
                   "Of these only such that nobody touched for so long: 6h (1d unless given)"}},
             check_columns,
             {},
             std::nullopt},
    Question{"POST", "/reload", {}, {}, "settings read again; the log says what changed"},
    Question{"GET", "/scrub", {}, scrub_columns},
};

std::string cell(const Column& column, const json::object& row) {
  const json::value* value = row.if_contains(column.key);
  if (value == nullptr) return "-";
  if (const auto* text = value->if_string()) return text->empty() ? "-" : std::string(*text);
  if (!value->is_number()) return json::serialize(*value);
  const double number = value->to_number<double>();
  if (column.key.ends_with("_ms"))
    return number == 0 ? "-" : sluice::to_text(Duration(static_cast<std::int64_t>(number)));
  if (column.key == "bytes" || column.key == "rate") return human_bytes(number);
  return fmt::format("{:.0f}", number);
}

std::string padded(std::string text, int width) {
  return width < 0 ? fmt::format("{:>{}}", text, -width) : fmt::format("{:<{}}", text, width);
}

class OnServer : public cli::Command {
 public:
  explicit OnServer(const Question& question) : question_(question) {}

  void declare(Options& options) final {
    for (std::size_t i = 0; i < question_.words.size(); ++i) {
      const Word& word = question_.words.at(i);
      if (word.name.empty()) continue;
      if (word.is_flag) {
        options.flag(std::string(word.name), flags_.at(i), std::string(word.help));
      } else if (word.name.starts_with("--")) {
        options.value(std::string(word.name), "VALUE", values_.at(i), std::string(word.help));
      } else {
        options.argument(std::string(word.name), values_.at(i).emplace(), std::string(word.help));
      }
    }
    source_.declare_with_data(options);
  }

  Status run(Console& console) final {
    SLUICE_TRY(const Config config, source_.load());
    SLUICE_TRY(const std::string body, http::ask_local(config.serve.admin_socket, question_.method,
                                                       target(), question_.patience));
    boost::system::error_code error;
    const json::value answer = json::parse(body, error);
    if (error) return fail(Errc::protocol, "the server's answer is no JSON");
    show(answer, console);
    return {};
  }

 private:
  std::optional<std::string> value_of(std::size_t word) const {
    return flags_.at(word) ? "yes" : values_.at(word);
  }

  std::string target() const {
    std::string path = std::string(admin_prefix) + std::string(question_.path);
    std::string query;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const auto value = value_of(i);
      if (!value) continue;
      const std::string place = fmt::format("{{{}}}", question_.words.at(i).key);
      const std::size_t at = path.find(place);
      if (at != std::string::npos) {
        path.replace(at, place.size(), http::percent_encoded(*value));
      } else {
        query += fmt::format("{}{}={}", query.empty() ? "?" : "&", question_.words.at(i).key,
                             http::percent_encoded(*value));
      }
    }
    return path + query;
  }

  void show(const json::value& answer, Console& console) const {
    const json::array rows = answer.is_array() ? answer.as_array() : json::array{answer};
    if (console.json()) {
      for (const json::value& row : rows) console.line(json::serialize(row));
      return;
    }
    if (question_.columns.front().key.empty()) return console.note(question_.done);
    console.line(line_of([](const Column& column) { return std::string(column.title); }));
    for (const json::value& row : rows) {
      console.line(line_of([&](const Column& column) { return cell(column, row.as_object()); }));
    }
  }

  template <class Text>
  std::string line_of(Text text) const {
    std::string line;
    for (const Column& column : question_.columns) {
      if (column.key.empty()) continue;
      line += (line.empty() ? "" : " ") + padded(text(column), column.width);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    return line;
  }

  const Question& question_;
  SettingsSource source_;
  std::array<std::optional<std::string>, 5> values_;
  std::array<bool, 5> flags_{};
};

template <std::size_t number>
std::unique_ptr<cli::Command> make() {
  return std::make_unique<OnServer>(questions[number]);
}

// In the order of the questions.
constexpr std::array rows = {
    cli::CommandRow{"admin movers",
                    "List who reads and writes at the pool that runs here",
                    "",
                    {{{"Of the server of this machine", "sluice admin movers"},
                      {"Of another directory", "sluice admin movers --data /srv/pool7"}}},
                    &make<0>,
                    true},
    cli::CommandRow{"admin kill-mover",
                    "End one of them; its client gets an error",
                    "",
                    {{{"For a while", "sluice admin kill-mover 4711 --reason maintenance"}}},
                    &make<1>,
                    true},
    cli::CommandRow{"admin queues",
                    "List the queues of movers with their limits",
                    "",
                    {{{"Of the server of this machine", "sluice admin queues"}}},
                    &make<2>,
                    true},
    cli::CommandRow{"admin set-queue",
                    "Make a queue of movers, or change it",
                    "What is not given stays as it is. A door sends clients into the queue that "
                    "door.queue names.",
                    {{{"Fewer at the same time, and none that sleep",
                       "sluice admin set-queue regular --max-active 500 --idle-timeout 4h"}}},
                    &make<3>,
                    true},
    cli::CommandRow{"admin remove-queue",
                    "Remove a queue that nobody is in",
                    "",
                    {{{"One that is used no more", "sluice admin remove-queue XRootD"}}},
                    &make<4>,
                    true},
    cli::CommandRow{"admin connections",
                    "List the clients of the server that runs here",
                    "",
                    {{{"Of the server of this machine", "sluice admin connections"}}},
                    &make<5>,
                    true},
    cli::CommandRow{"admin end-connection",
                    "Close the connection of a client",
                    "The client comes back if it can; what it uploads is lost.",
                    {{{"One of the list", "sluice admin end-connection 0a1b2c3d4e5f"}}},
                    &make<6>,
                    true},
    cli::CommandRow{
        "admin check-pool",
        "Compare the files of the pool that runs here with the catalogue",
        "Looks at every file and takes its time. LOST: the catalogue has it here and it is not, or "
        "not whole; it "
        "is marked\nbroken, and other copies are used. FOUND: it was marked broken and is whole. "
        "UNKNOWN: files "
        "that the catalogue knows\nnothing of; --json and the log name them. They are left alone "
        "unless --remove-unknown says otherwise: think of a\ncatalogue that was restored from an "
        "old copy. What is on its way in is never removed.",
        {{{"After a disk was repaired", "sluice admin check-pool"},
          {"Get rid of what nobody knows",
           "sluice admin check-pool --remove-unknown --older-than 7d"}}},
        &make<7>,
        true},
    cli::CommandRow{"admin reload",
                    "Let the server read its settings again",
                    "As SIGHUP does.",
                    {{{"After the settings file was changed", "sluice admin reload"}}},
                    &make<8>,
                    true},
    cli::CommandRow{
        "admin scrub",
        "Show how far the pool that runs here is with comparing its files with their checksums",
        "PLACE: the id of the last file that was looked at, in this round, which began SINCE ago. "
        "LAST: how long ago the\nround before ended. BROKEN: replicas found wrong or unreadable in "
        "this round and in the last one. --json has more.",
        {{{"Of the server of this machine", "sluice admin scrub"},
          {"Another rate: set pool.scrub_rate, then", "sluice admin reload"}}},
        &make<9>,
        true},
};
static_assert(rows.size() == questions.size());

}  // namespace

std::span<const cli::CommandRow> running_commands() { return rows; }

}  // namespace sluice::app
