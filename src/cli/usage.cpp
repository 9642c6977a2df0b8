// SPDX-License-Identifier: Apache-2.0
#include "cli/usage.h"

#include "base/text.h"

#include <fmt/format.h>

#include <map>

namespace sluice::cli {
namespace {

constexpr std::size_t text_width = 100;

// `text` in lines of at most `text_width`, all indented by `indent` but the first, which starts at
// column `indent` already.
std::string wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (std::string_view word : split(text, ' ')) {
    if (column > indent && column + 1 + word.size() > text_width) {
      out += fmt::format("\n{:{}}", "", indent);
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string paragraphs(std::string_view text) {
  std::string out;
  for (std::string_view paragraph : split(text, '\n')) out += wrap(paragraph, 0) + '\n';
  return out;
}

// "-p, --parallel N"
std::string label(const OptionSpec& spec) {
  std::string text = spec.names;
  if (std::size_t comma = text.find(','); comma != std::string::npos) text.insert(comma + 1, " ");
  if (!spec.is_argument() && text.starts_with("--")) text.insert(0, "    ");
  if (!spec.value.empty()) text += ' ' + spec.value;
  return text;
}

std::string explanation(const OptionSpec& spec) {
  std::string text = spec.help;
  if (!spec.choices.empty()) text += fmt::format(": {}", fmt::join(spec.choices, ", "));
  if (!spec.default_text.empty()) text += fmt::format(" [default: {}]", spec.default_text);
  return text;
}

std::string option_list(const Options& options, bool arguments) {
  std::string out;
  for (const OptionSpec& spec : options.specs()) {
    if (spec.is_argument() != arguments) continue;
    out += fmt::format("  {:<24} {}\n", label(spec), wrap(explanation(spec), 27));
  }
  return out;
}

std::string section(std::string_view title, std::string_view body) {
  return body.empty() ? std::string() : fmt::format("\n{}:\n{}", title, body);
}

std::string example_list(const CommandRow& row) {
  std::string out;
  for (const Example& example : row.examples) {
    if (!example.line.empty()) out += fmt::format("  # {}\n  {}\n", example.purpose, example.line);
  }
  return out;
}

// Commands with two words show as their first word in the overview.
std::string_view shown_name(std::string_view path, std::string_view group) {
  return group.empty() ? path.substr(0, path.find(' ')) : path;
}

// "|" ends a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_options(const Options& options) {
  std::string out = "| option | meaning |\n|---|---|\n";
  for (const OptionSpec& spec : options.specs()) {
    out += fmt::format("| `{}` | {} |\n", trim(label(spec)), cell(explanation(spec)));
  }
  return out;
}

std::string markdown_of(const CommandRow& row) {
  DeclaredCommand declared;
  declare(row, declared);
  std::string out = fmt::format("\n## sluice {}\n\n{}.\n\n```\n{}\n```\n", row.path, row.help,
                                usage_line(row, declared.options));
  for (std::string_view paragraph : split(row.details, '\n')) {
    if (!paragraph.empty()) out += fmt::format("\n{}\n", paragraph);
  }
  out += '\n' + markdown_options(declared.options);
  if (std::string examples = example_list(row); !examples.empty()) {
    out += "\n```sh\n";
    for (const Example& example : row.examples) {
      if (!example.line.empty()) out += fmt::format("# {}\n{}\n", example.purpose, example.line);
    }
    out += "```\n";
  }
  return out;
}

struct ExitCode {
  int code;
  std::string_view meaning;
};
constexpr ExitCode exit_meanings[] = {
    {0, "everything was done"},
    {50, "wrong usage, or an argument that makes no sense"},
    {51, "no connection, or the connection was lost"},
    {53, "the local system failed: a file, standard output, memory"},
    {54, "the server refused or failed"},
    {55, "too many redirects"},
    {130, "interrupted by Ctrl-C or SIGTERM"},
};

// "io, locked, ..." : the kinds of error that end with `code`.
std::string kinds_of(int code) {
  std::vector<std::string_view> names;
  auto add = [&](Errc kind) {
    if (kind != Errc::cancelled && error_row(kind).exit == code)
      names.push_back(error_row(kind).name);
  };
#define SLUICE_ERROR(name, ...) add(Errc::name);
#include "base/errors.def"
#undef SLUICE_ERROR
  if (code == 130) names.push_back(error_row(Errc::cancelled).name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

const CommandRow* find_row(const Tables& tables, std::string_view path) {
  for (auto table : tables) {
    for (const CommandRow& row : table) {
      if (row.path == path) return &row;
    }
  }
  return nullptr;
}

bool is_group(const Tables& tables, std::string_view word) {
  for (auto table : tables) {
    for (const CommandRow& row : table) {
      if (row.path.starts_with(fmt::format("{} ", word))) return true;
    }
  }
  return false;
}

void declare(const CommandRow& row, DeclaredCommand& out) {
  out.command = row.make();
  out.command->declare(out.options);
  if (row.has_json) {
    out.options.flag("--json", out.json, "Print JSON, one value per line; failures too");
  }
  out.options.flag("--help", out.help, "Show this text");
}

std::string usage_line(const CommandRow& row, const Options& options) {
  std::string line = fmt::format("sluice {} [OPTION]...", row.path);
  for (const OptionSpec& spec : options.specs()) {
    if (!spec.is_argument()) continue;
    std::string word = spec.most > 1 ? spec.names + "..." : spec.names;
    line += spec.least == 0 ? fmt::format(" [{}]", word) : ' ' + word;
  }
  return line;
}

std::string command_help(const CommandRow& row) {
  DeclaredCommand declared;
  declare(row, declared);
  std::string out = fmt::format("{}.\n\nUsage: {}\n", row.help, usage_line(row, declared.options));
  if (!row.details.empty()) out += '\n' + paragraphs(row.details);
  out += section("Arguments", option_list(declared.options, true));
  out += section("Options", option_list(declared.options, false));
  out += section("Examples", example_list(row));
  return out;
}

std::string overview(const Tables& tables, std::string_view group) {
  std::string out;
  if (group.empty()) {
    out +=
        "Sluice serves, copies and looks after files over the xroot protocol.\n\n"
        "Usage: sluice COMMAND [OPTION]... [ARGUMENT]...\n\nCommands:\n";
  } else {
    out += fmt::format("Usage: sluice {} COMMAND [OPTION]... [ARGUMENT]...\n\nCommands:\n", group);
  }
  std::string previous;
  for (auto table : tables) {
    for (const CommandRow& row : table) {
      if (!group.empty() && !row.path.starts_with(fmt::format("{} ", group))) continue;
      std::string name(shown_name(row.path, group));
      if (name == previous) continue;
      previous = name;
      std::string help(name == row.path
                           ? std::string(row.help)
                           : fmt::format("{}, and more: sluice help {}", row.help, name));
      out += fmt::format("  {:<18} {}\n", name, help);
    }
  }
  out +=
      "\nEach command explains itself with examples: sluice help COMMAND, or sluice COMMAND "
      "--help.\n"
      "URLs are root://host[:port]//path. sluice help exit-codes lists the exit codes.\n";
  return out;
}

std::string exit_codes_help() {
  std::string out = "Exit codes:\n";
  for (const ExitCode& row : exit_meanings) {
    out += fmt::format("  {:>3}  {}\n", row.code, row.meaning);
    if (std::string kinds = kinds_of(row.code); !kinds.empty()) {
      out += fmt::format("       {}\n", wrap(kinds, 7));
    }
  }
  out +=
      "A command that works on many objects goes on after a failure; its exit code is that of the "
      "first one.\n"
      "With --json each failure is one JSON value on standard error, with these names in "
      "\"error\".\n";
  return out;
}

std::string reference_markdown(const Tables& tables) {
  std::string out =
      "# Commands\n\nMade by `sluice help --markdown`; do not edit.\n\n"
      "URLs are `root://host[:port]//path`. Failures are one line each on standard error.\n";
  for (auto table : tables) {
    for (const CommandRow& row : table) out += markdown_of(row);
  }
  out +=
      "\n## Exit codes\n\n| code | meaning | kinds of error (`error` in `--json`) "
      "|\n|---|---|---|\n";
  for (const ExitCode& row : exit_meanings) {
    out += fmt::format("| {} | {} | {} |\n", row.code, row.meaning, kinds_of(row.code));
  }
  out +=
      "\nA command that works on many objects goes on after a failure; its exit code is that of "
      "the first one.\n";
  return out;
}

}  // namespace sluice::cli
