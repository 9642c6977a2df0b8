// SPDX-License-Identifier: Apache-2.0
// What a command shows while doors and pools move files, and how long it waits for the next one.
#pragma once

#include "catalogue/replicas.h"
#include "cli/console.h"
#include "cli/rate.h"

#include <string>

namespace sluice::app {

class Moving {
 public:
  // Removes its line when it ends.
  Moving(cli::Console& console, std::string name)
      : console_(console), name_(std::move(name)), since_(cli::Clock::now()) {}
  Moving(const Moving&) = delete;
  Moving& operator=(const Moving&) = delete;
  ~Moving() { console_.progress({}); }

  // Shows how much of `all` was moved, and waits a moment. Errc::timed_out when no file was for five minutes.
  Status wait(const catalogue::Amount& moved, const catalogue::Amount& all);

 private:
  cli::Console& console_;
  const std::string name_;
  cli::RateMeter rate_;
  std::uint64_t moved_ = 0;  // files
  cli::Clock::time_point since_;
};

}  // namespace sluice::app
