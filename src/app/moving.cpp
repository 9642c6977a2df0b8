// SPDX-License-Identifier: Apache-2.0
#include "app/moving.h"

#include "cli/progress.h"

#include <fmt/format.h>

#include <thread>

namespace sluice::app {

Status Moving::wait(const catalogue::Amount& moved, const catalogue::Amount& all) {
  constexpr std::chrono::minutes patience(5);
  constexpr std::chrono::milliseconds moment(300);
  const auto now = cli::Clock::now();
  rate_.sample(now, moved.bytes);
  cli::ProgressState state;
  state.name = name_;
  state.bytes_done = moved.bytes;
  state.bytes_total = all.bytes;
  state.files_done = moved.files;
  state.files_total = all.files;
  state.bytes_per_second = rate_.bytes_per_second();
  console_.progress(cli::progress_line(state, console_.terminal_width()));
  if (moved.files != std::exchange(moved_, moved.files)) since_ = now;
  if (now - since_ > patience) {
    return fail(Errc::timed_out,
                fmt::format("{} files wait for a copy elsewhere, and none arrived for five "
                            "minutes; see the logs of the doors and pools",
                            all.files - moved.files));
  }
  std::this_thread::sleep_for(moment);
  return {};
}

}  // namespace sluice::app
