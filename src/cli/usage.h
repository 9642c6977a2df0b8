// SPDX-License-Identifier: Apache-2.0
// What `sluice help`, `--help` and docs/reference/commands.md say, made from the rows and the
// declared options alone.
#pragma once

#include "cli/command.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

// The row of this path; nullptr when there is none.
const CommandRow* find_row(const Tables& tables, std::string_view path);

// All options of a row, those that every command has included.
struct DeclaredCommand {
  std::unique_ptr<Command> command;
  Options options;
  bool help = false;
  bool json = false;
};
// The result is filled in place because options point into it.
void declare(const CommandRow& row, DeclaredCommand& out);

std::string usage_line(const CommandRow& row, const Options& options);
std::string command_help(const CommandRow& row);
// The list of all commands, or of those whose path starts with `group`.
std::string overview(const Tables& tables, std::string_view group = {});
bool is_group(const Tables& tables, std::string_view word);
std::string exit_codes_help();
std::string reference_markdown(const Tables& tables);

}  // namespace sluice::cli
