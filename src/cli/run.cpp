// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/api.h"
#include "cli/parse.h"
#include "cli/usage.h"

#include <fmt/format.h>

#include <csignal>

namespace sluice::cli {
namespace {

using Words = std::vector<std::string>;

// The row whose path is the first two words or the first one, and what follows it.
struct Match {
  const CommandRow* row = nullptr;
  Words rest;
};

Match match(const Tables& tables, const Words& words) {
  for (std::size_t length = std::min<std::size_t>(2, words.size()); length > 0; --length) {
    auto end = words.begin() + static_cast<std::ptrdiff_t>(length);
    std::string path = fmt::format("{}", fmt::join(words.begin(), end, " "));
    if (const CommandRow* row = find_row(tables, path)) return {row, Words(end, words.end())};
  }
  return {};
}

Error unknown_command(const Tables& tables, const Words& words) {
  std::string wanted = words[0];
  if (is_group(tables, wanted)) {
    if (words.size() == 1) {
      return {Errc::usage,
              fmt::format("{0} needs one more word; `sluice help {0}` lists them", wanted),
              {}};
    }
    wanted += ' ' + words[1];
  }
  std::vector<std::string_view> known;
  for (auto table : tables) {
    for (const CommandRow& row : table) known.push_back(row.path);
  }
  auto suggestion = nearest(wanted, known);
  return {Errc::usage,
          fmt::format("unknown command \"{}\"; {}", wanted,
                      suggestion ? fmt::format("did you mean `sluice {}`?", *suggestion)
                                 : "`sluice help` lists them"),
          {}};
}

void run_row(const Tables& tables, const CommandRow& row, Words words, Console& console) {
  console.set_command(fmt::format("sluice {}", row.path));
  // Looked at before parsing, so that a wrong option is reported in the form that was asked for.
  console.set_json(row.has_json && std::find(words.begin(), words.end(), "--json") != words.end());
  DeclaredCommand declared;
  declare(row, declared);
  auto parsed = parse(declared.options, std::move(words));
  if (!parsed) return console.report({}, parsed.error());
  if (declared.help) return console.raw(command_help(row));
  console.set_json(declared.json);
  Status outcome = check_arguments(declared.options, *parsed);
  if (outcome) {
    declared.command->see(tables);
    outcome = declared.command->run(console);
  }
  if (!outcome) console.report({}, outcome.error());
}

// The words that people try where a command is expected.
void expand_aliases(const Tables& tables, Words& words) {
  if (words.empty()) words.push_back("help");
  if (words[0] == "--version" || words[0] == "-V") words[0] = "version";
  if (words[0] == "--help" || words[0] == "-h") words[0] = "help";
  if (words.size() == 2 && words[1] == "--help" && is_group(tables, words[0]) &&
      find_row(tables, words[0]) == nullptr) {
    words = {"help", words[0]};
  }
}

}  // namespace

int run(Tables tables, int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the write
  Console console(stdout, stderr);
  Words words(argv + std::min(argc, 1), argv + argc);
  expand_aliases(tables, words);
  Match found = match(tables, words);
  if (found.row) {
    run_row(tables, *found.row, std::move(found.rest), console);
  } else {
    console.report({}, unknown_command(tables, words));
  }
  console.flush();
  return console.exit_code();
}

}  // namespace sluice::cli
