// SPDX-License-Identifier: Apache-2.0
// A command of the program: one row of a table (its words, its help, examples, how it is made) and
// the object that row makes, which declares its options and runs. --help, completions and
// docs/reference/commands.md are loops over the rows.
#pragma once

#include "base/result.h"
#include "cli/console.h"
#include "cli/options.h"

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::cli {

struct CommandRow;
using Tables = std::vector<std::span<const CommandRow>>;

class Command {
 public:
  virtual ~Command() = default;
  // All commands there are; help and completion want to know.
  virtual void see(const Tables&) {}
  // Binds options and arguments to fields of the command.
  virtual void declare(Options&) {}
  // Runs after parsing. A failure that ends the command is returned; failures of single objects go
  // to console.report() and the command goes on. Both decide the exit code.
  virtual Status run(Console& console) = 0;
};

struct Example {
  std::string_view purpose;
  std::string_view line;
};

struct CommandRow {
  std::string_view path;     // "cp", "xattr get"
  std::string_view help;     // one line, without a full stop
  std::string_view details;  // paragraphs for --help; may be empty
  std::array<Example, 8> examples{};
  std::unique_ptr<Command> (*make)() = nullptr;
  bool has_json = false;  // takes --json: one JSON value per line and object
};

template <class T>
std::unique_ptr<Command> make_command() {
  return std::make_unique<T>();
}

}  // namespace sluice::cli
