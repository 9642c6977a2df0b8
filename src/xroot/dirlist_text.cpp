// SPDX-License-Identifier: Apache-2.0
// Quirks of the listing: the leading dot entry, and a checksum written behind the stat text as " [
// type:value ]".
#include "xroot/dirlist_text.h"

#include <algorithm>

namespace sluice::xroot {
namespace {

constexpr std::string_view dot_name = ".";
constexpr std::string_view dot_entry = ".\n0 0 0 0\n";
constexpr std::size_t max_line =
    64 * 1024;  // a name has 255 bytes; a peer that sends no newline is hostile

bool can_be_listed(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("\n\0/", 3)) == std::string_view::npos;
}

}  // namespace

DirlistWriter::DirlistWriter(bool with_stat) : with_stat_(with_stat) {
  if (with_stat_) text_ = dot_entry;
}

bool DirlistWriter::add(std::string_view name, const FileStat* stat, std::string_view checksum) {
  if (!can_be_listed(name)) return false;
  // The dot entry goes with the first real one: alone it is not worth a frame.
  last_entry_ = is_fresh_ ? 0 : text_.size();
  is_fresh_ = false;
  text_ += name;
  text_ += '\n';
  if (!with_stat_) return true;
  append_stat(text_, stat ? *stat : FileStat{});
  if (!checksum.empty()) {
    text_ += " [ ";
    text_ += checksum;
    text_ += " ]";
  }
  text_ += '\n';
  return true;
}

void DirlistWriter::take_part(Body& out) {
  Writer(out).text(std::string_view(text_).substr(0, last_entry_));
  text_.erase(0, last_entry_);
  last_entry_ = 0;
}

void DirlistWriter::finish(Body& out) {
  if (is_fresh_) return;
  text_.back() = '\0';
  Writer(out).text(text_);
  text_.clear();
  last_entry_ = 0;
}

Status DirlistReader::add(ByteView body, std::vector<DirectoryEntry>& out) {
  std::string_view rest = as_text(body);
  while (!rest.empty()) {
    const std::size_t end = rest.find_first_of(std::string_view("\n\0", 2));
    const std::string_view piece = rest.substr(0, end);
    if (torn_.size() + piece.size() > max_line)
      return fail(Errc::protocol, "listing has a line without an end");
    if (end == std::string_view::npos) {
      torn_ += piece;
      return {};
    }
    rest.remove_prefix(end + 1);
    if (torn_.empty()) {
      SLUICE_CHECK(take_line(piece, out));
      continue;
    }
    torn_ += piece;
    const std::string whole = std::exchange(torn_, {});
    SLUICE_CHECK(take_line(whole, out));
  }
  return {};
}

Status DirlistReader::finish(std::vector<DirectoryEntry>& out) {
  if (!torn_.empty()) {
    const std::string whole = std::exchange(torn_, {});
    SLUICE_CHECK(take_line(whole, out));
  }
  if (name_ && with_stat_)
    return fail(Errc::protocol, "listing ends before the stat of its last entry");
  return {};
}

Status DirlistReader::take_line(std::string_view line, std::vector<DirectoryEntry>& out) {
  if (line.empty()) return {};
  const std::size_t number = lines_++;
  // A plain listing never has ".", so the first line decides.
  if (number == 0 && line == dot_name) {
    with_stat_ = true;
    return {};
  }
  if (!with_stat_) {
    if (can_be_listed(line)) out.push_back({std::string(line), {}, {}, {}});
    return {};
  }
  if (number == 1) return {};
  if (!name_) {
    name_ = line;
    return {};
  }
  DirectoryEntry entry;
  entry.name = std::move(*name_);
  name_.reset();
  SLUICE_TRY(entry.stat, parse_stat(line));
  if (const std::size_t open = line.find(" [ ");
      open != std::string_view::npos && line.size() >= open + 5 && line.ends_with(" ]")) {
    const std::string_view checksum = line.substr(open + 3, line.size() - open - 5);
    const std::size_t colon = std::min(checksum.find(':'), checksum.size());
    entry.checksum_type = checksum.substr(0, colon);
    entry.checksum_value = checksum.substr(std::min(colon + 1, checksum.size()));
  }
  // A hostile server must not make a recursive copy leave its target directory.
  if (!can_be_listed(entry.name)) return {};
  out.push_back(std::move(entry));
  return {};
}

}  // namespace sluice::xroot
