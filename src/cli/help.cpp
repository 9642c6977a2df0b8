// SPDX-License-Identifier: Apache-2.0
// The commands that speak about commands: help, version, completion.
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/usage.h"

#include <fmt/format.h>

namespace sluice::cli {
namespace {

class Help : public Command {
 public:
  void see(const Tables& tables) override { tables_ = tables; }
  void declare(Options& options) override {
    options.arguments("COMMAND", words_, 0, "Words of a command, or exit-codes")
        .flag("--markdown", markdown_, "Print the reference of all commands");
  }
  Status run(Console& console) override {
    SLUICE_TRY(std::string text, answer());
    console.raw(text);
    return {};
  }

 private:
  Result<std::string> answer() const {
    std::string path = fmt::format("{}", fmt::join(words_, " "));
    if (markdown_) return reference_markdown(tables_);
    if (path.empty()) return overview(tables_);
    if (path == "exit-codes") return exit_codes_help();
    if (const CommandRow* row = find_row(tables_, path)) return command_help(*row);
    if (is_group(tables_, path)) return overview(tables_, path);
    return fail(Errc::usage,
                fmt::format("no help on \"{}\"; `sluice help` lists the commands", path));
  }

  Tables tables_;
  std::vector<std::string> words_;
  bool markdown_ = false;
};

class Version : public Command {
 public:
  Status run(Console& console) override {
    console.line("sluice " SLUICE_VERSION);
    return {};
  }
};

class Completion : public Command {
 public:
  void see(const Tables& tables) override { tables_ = tables; }
  void declare(Options& options) override {
    options.argument("SHELL", shell_, "bash, zsh or fish");
  }
  Status run(Console& console) override {
    SLUICE_TRY(std::string script, completion_script(tables_, shell_));
    console.raw(script);
    return {};
  }

 private:
  Tables tables_;
  std::string shell_;
};

}  // namespace

const CommandRow help_row{
    .path = "help",
    .help = "Explain a command, or list them all",
    .details = "",
    .examples = {{{"All options of cp, with examples", "sluice help cp"},
                  {"What the exit codes mean", "sluice help exit-codes"}}},
    .make = make_command<Help>,
};
const CommandRow version_row{
    .path = "version", .help = "Print the version", .details = "", .make = make_command<Version>};
const CommandRow completion_row{
    .path = "completion",
    .help = "Print the completion script of a shell",
    .details =
        "Commands, options, local files and remote paths are completed; the latter by `sluice ls`.",
    .examples = {{{"For this bash", "source <(sluice completion bash)"},
                  {"For every zsh", "sluice completion zsh > ~/.zfunc/_sluice"},
                  {"For every fish",
                   "sluice completion fish > ~/.config/fish/completions/sluice.fish"}}},
    .make = make_command<Completion>,
};

}  // namespace sluice::cli
