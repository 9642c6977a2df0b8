// SPDX-License-Identifier: Apache-2.0
// The text that dirlist answers with: names, on wish each followed by a line with its stat and a
// checksum. Wire: lines separated by '\n', the last one ends with NUL. With stat the first two
// lines are ". " and "0 0 0 0": their absence makes clients ask for the stat of each entry. Long
// listings come as several frames, cut between entries.
#pragma once

#include "xroot/responses.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::xroot {

// Server side: entries in, frame bodies out.
class DirlistWriter {
 public:
  explicit DirlistWriter(bool with_stat);

  // False, and nothing is written: the name is empty, "." or "..", or has a byte that would break
  // the listing. `checksum` is "type:value", or "type:none" when there is none; empty: none was
  // asked for.
  bool add(std::string_view name, const FileStat* stat = nullptr, std::string_view checksum = {});

  // Bytes that wait in take_part().
  std::size_t size() const { return last_entry_; }
  // The body of a kXR_oksofar frame: all entries but the last one, which keeps the final frame from
  // being empty.
  void take_part(Body& out);
  // The body of the kXR_ok frame. An empty directory has an empty body.
  void finish(Body& out);

 private:
  bool with_stat_;
  bool is_fresh_ = true;  // no entry yet
  std::string text_;
  std::size_t last_entry_ = 0;  // where it starts
};

struct DirectoryEntry {
  std::string name;
  std::optional<FileStat> stat;
  std::string checksum_type;   // empty: none came
  std::string checksum_value;  // "none" when the server has none

  bool operator==(const DirectoryEntry&) const = default;
};

// Client side: frame bodies in, entries out. Keeps no more than one torn line.
class DirlistReader {
 public:
  // Appends the entries that are complete. Errc::protocol: a stat line that is none, or a line
  // without an end.
  Status add(ByteView body, std::vector<DirectoryEntry>& out);
  // After the last frame.
  Status finish(std::vector<DirectoryEntry>& out);

 private:
  Status take_line(std::string_view line, std::vector<DirectoryEntry>& out);

  std::string torn_;  // a line whose end has not come
  std::size_t lines_ = 0;
  bool with_stat_ = false;
  std::optional<std::string> name_;  // waits for its stat line
};

}  // namespace sluice::xroot
