// SPDX-License-Identifier: Apache-2.0
#include "cli/console.h"

#include "base/text.h"
#include "cli/failure.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::cli {

void Console::line(std::string_view text) {
  progress({});
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fputc('\n', out_);
}

void Console::raw(std::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), out_); }

void Console::note(std::string_view text) {
  if (json_) return;
  progress({});
  fmt::print(err_, "{}: {}\n", command_, text);
}

void Console::report(std::string_view object, const Error& error, std::string_view advice) {
  progress({});
  std::fflush(out_);  // keeps the order where both go to one terminal
  if (json_) {
    fmt::print(err_, "{}\n", failure_json(command_, object, error, advice).text());
  } else {
    fmt::print(err_, "{}\n", failure_line(command_, object, error, advice));
  }
  set_exit_code(error_row(error.code).exit);
}

bool Console::has_terminal() const { return isatty(fileno(err_)) == 1; }

unsigned Console::terminal_width() const {
  winsize size{};
  return ioctl(fileno(err_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void Console::progress(std::string_view text) {
  if (text.empty() && !progress_shown_) return;
  if (!has_terminal()) return;
  fmt::print(err_, "\r{}\x1b[K", text);
  std::fflush(err_);
  progress_shown_ = !text.empty();
}

void Console::flush() {
  progress({});
  if (std::fflush(out_) == 0 && std::ferror(out_) == 0) return;
  int number = errno;
  if (number == EPIPE) {  // `sluice ls | head` has what it wanted
    set_exit_code(error_row(Errc::local).exit);
    return;
  }
  report("standard output", Error{Errc::local, std::strerror(number), {}});
}

}  // namespace sluice::cli
