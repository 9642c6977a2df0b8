// SPDX-License-Identifier: Apache-2.0
// Where a command prints: results on standard output, failures in one line each on standard error,
// both as text or JSON. Remembers the exit code. For one thread.
#pragma once

#include "base/result.h"
#include "cli/json.h"

#include <cstdio>
#include <string>
#include <string_view>

namespace sluice::cli {

class Console {
 public:
  Console(std::FILE* out, std::FILE* err) : out_(out), err_(err) {}
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // "sluice cp": stands in front of failures.
  void set_command(std::string words) { command_ = std::move(words); }
  void set_json(bool on) { json_ = on; }
  bool json() const { return json_; }

  // A line of result.
  void line(std::string_view text);
  void line(const JsonObject& object) { line(object.text()); }
  // Bytes of a file.
  void raw(std::string_view bytes);
  // A line for people on standard error, which is not a failure; silent with --json.
  void note(std::string_view text);

  // Something failed at `object` (a URL, a file, or empty): prints it and sets the exit code, which
  // the first failure keeps. `advice` says what to do where the command knows better than the kind
  // of error does.
  void report(std::string_view object, const Error& error, std::string_view advice = {});
  void set_exit_code(int code) {
    if (exit_code_ == 0) exit_code_ = code;
  }
  int exit_code() const { return exit_code_; }

  // The line of progress at the foot of a terminal; an empty text removes it. Does nothing when
  // standard error is a file.
  void progress(std::string_view text);
  bool has_terminal() const;
  unsigned terminal_width() const;

  // Pushes everything out. Output that cannot be written is a failure of the command.
  void flush();

 private:
  std::FILE* out_;
  std::FILE* err_;
  std::string command_ = "sluice";
  bool json_ = false;
  bool progress_shown_ = false;
  int exit_code_ = 0;
};

}  // namespace sluice::cli
