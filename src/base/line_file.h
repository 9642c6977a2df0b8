// SPDX-License-Identifier: Apache-2.0
// A file that lines are appended to and that others may rotate. For one thread at a time; each call may block.
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace sluice {

class LineFile {
 public:
  // Opens `name` or makes it.
  static Result<LineFile> open(std::string name);

  const std::string& name() const { return name_; }

  // Whole lines, each with its line feed, in one write(2), so that lines of others who append to the file do not mix with
  // them. How much of it is in the file: after a full disk less than all, and what was cut off is given a line of its own
  // by the next call.
  Result<std::size_t> append(std::string_view lines);

  // The file was renamed or removed (log rotation): lines from now on go to a new one of its name. Where that cannot be
  // made the old one stays in use.
  Status reopen();

 private:
  explicit LineFile(std::string name) : name_(std::move(name)) {}

  std::string name_;
  Fd fd_;
  bool is_torn_ = false;  // the last line in the file has no end
};

}  // namespace sluice
