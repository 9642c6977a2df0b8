// SPDX-License-Identifier: Apache-2.0
// A whole file of keys, names or certificates, and what tells whether it is still the same. Not for pipes and devices: whatever
// stands in a file's place must not hold a login up.
#pragma once

#include "base/result.h"

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace sluice::auth {

// What tells one version of a file from the next; the change time sees chmod(2) as well.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t node = 0;
  std::int64_t size = -1;  // -1: there is no file
  std::int64_t modified = 0;
  std::int64_t changed = 0;
  std::uint32_t mode = 0;
  std::uint32_t owner = 0;  // a uid

  static FileStamp of(const struct stat& state);
  static FileStamp of(const std::string& path);
  bool operator==(const FileStamp&) const = default;
};

struct FileText {
  std::string text;
  FileStamp stamp;
};

// Errc::too_long where there is more than `limit`.
Result<FileText> read_file(const std::string& path, std::size_t limit);

}  // namespace sluice::auth
