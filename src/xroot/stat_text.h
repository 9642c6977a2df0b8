// SPDX-License-Identifier: Apache-2.0
// The one text form of a file's attributes that stat, open, dirlist and fstat answer with, and the
// one of a file system. Wire: "id size flags mtime ctime atime mode owner group"; servers
// before 4.9 end after mtime. mode has four octal digits. A file system (vfs): "nodes free-mb
// used-percent staging-nodes staging-free-mb staging-used-percent".
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::xroot {

// readable and writable say what this caller may do, not what the mode bits say: clients decide on
// them.
struct StatFlags {
  bool executable = false;  // kXR_xset; a directory that may be searched
  bool directory = false;
  bool other = false;    // neither file nor directory
  bool offline = false;  // on tape only
  bool readable = false;
  bool writable = false;
  bool posc_pending = false;  // being uploaded, vanishes without a close
  bool backup_exists = false;
  bool cached = false;

  bool operator==(const StatFlags&) const = default;
  std::uint32_t word() const;
  static StatFlags from_word(std::uint32_t word);
};

struct FileStat {
  std::uint64_t id =
      0;  // opaque: device and inode, or a file id; parsed as 0 when it is not a number
  std::uint64_t size = 0;  // bytes
  StatFlags flags;
  std::int64_t mtime = 0;  // seconds since 1970, as all three
  // From here on absent in the old form.
  bool is_long_form = true;
  std::int64_t ctime = 0;
  std::int64_t atime = 0;
  std::uint16_t mode = 0;
  std::string owner;  // name or number; a blank inside would tear the text and is written as '_'
  std::string group;

  bool operator==(const FileStat&) const = default;
};

// Appends the text without an end mark.
void append_stat(std::string& out, const FileStat& stat);
std::string format_stat(const FileStat& stat);

// Both forms; further words are left unread, because dirlist writes a checksum behind the text.
Result<FileStat> parse_stat(std::string_view text);

struct FileSystemStat {
  std::uint64_t nodes = 0;  // servers that can write
  std::uint64_t free_mb = 0;
  std::uint64_t used_percent = 0;
  std::uint64_t staging_nodes = 0;
  std::uint64_t staging_free_mb = 0;
  std::uint64_t staging_used_percent = 0;

  bool operator==(const FileSystemStat&) const = default;
};

std::string format_stat(const FileSystemStat& stat);
Result<FileSystemStat> parse_file_system_stat(std::string_view text);

}  // namespace sluice::xroot
