// SPDX-License-Identifier: Apache-2.0
// What the tree tells about a file, and how it is read from the kernel. Times are nanoseconds since
// 1970, UTC.
#pragma once

#include "base/result.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string_view>

namespace sluice::disk {

// A file on this machine, whatever its names are.
struct FileKey {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend auto operator<=>(const FileKey&, const FileKey&) = default;
};

struct FileStat {
  FileKey key;
  std::uint64_t size = 0;    // bytes
  std::uint64_t blocks = 0;  // of 512 bytes
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  std::int64_t accessed_ns = 0;
  std::int64_t born_ns = 0;  // 0 where the file system does not know
  mode_t mode = 0;           // type and permission bits
  uid_t owner = 0;
  gid_t group = 0;
  std::uint32_t links = 0;
  bool pending = false;  // an upload that appears under its name only when it is closed

  bool is_file() const { return S_ISREG(mode); }
  bool is_directory() const { return S_ISDIR(mode); }
  bool is_link() const { return S_ISLNK(mode); }
};

// Of `name` in `directory`; a symbolic link is described itself, never followed.
Result<FileStat> stat_at(int directory, const char* name, std::string_view object);

// Of an open file.
Result<FileStat> stat_fd(int fd, std::string_view object);

}  // namespace sluice::disk
