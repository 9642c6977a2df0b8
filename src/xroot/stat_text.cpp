// SPDX-License-Identifier: Apache-2.0
// Written with to_chars into the caller's string: a listing with stat makes one of these per entry.
#include "xroot/stat_text.h"

#include "base/units.h"

#include <array>
#include <charconv>
#include <limits>

namespace sluice::xroot {
namespace {

struct StatBit {
  std::uint32_t bit;
  bool StatFlags::* member;
};

constexpr std::array stat_bits = {
    StatBit{1, &StatFlags::executable},    StatBit{2, &StatFlags::directory},
    StatBit{4, &StatFlags::other},         StatBit{8, &StatFlags::offline},
    StatBit{16, &StatFlags::readable},     StatBit{32, &StatFlags::writable},
    StatBit{64, &StatFlags::posc_pending}, StatBit{128, &StatFlags::backup_exists},
    StatBit{512, &StatFlags::cached},
};

template <class T>
void append_number(std::string& out, T value, int base = 10) {
  std::array<char, 24> digits;
  auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value, base);
  out.append(digits.data(), end);
}

void append_mode(std::string& out, std::uint16_t mode) {
  for (int shift = 9; shift >= 0; shift -= 3) out += static_cast<char>('0' + ((mode >> shift) & 7));
}

void append_word(std::string& out, std::string_view word) {
  if (word.empty()) out += '?';
  for (char c : word) out += static_cast<unsigned char>(c) <= ' ' ? '_' : c;
}

// The words of one text, separated by blanks.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  std::string_view next() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    return word;
  }

 private:
  std::string_view rest_;
};

template <class T>
Result<T> next_number(Words& words, int base = 10) {
  using Limits = std::numeric_limits<T>;
  auto number = parse_int<T>(words.next(), Limits::min(), Limits::max(), base);
  if (!number) return fail(Errc::protocol, "stat text: " + number.error().detail);
  return *number;
}

// Some servers write ids with the highest bit as negative numbers, some write names.
std::uint64_t parse_id(std::string_view word) {
  if (auto id = parse_int<std::uint64_t>(word, 0, std::numeric_limits<std::uint64_t>::max()))
    return *id;
  if (auto id = parse_int<std::int64_t>(word, std::numeric_limits<std::int64_t>::min(), 0)) {
    return static_cast<std::uint64_t>(*id);
  }
  return 0;
}

}  // namespace

std::uint32_t StatFlags::word() const {
  std::uint32_t word = 0;
  for (const StatBit& row : stat_bits) word |= this->*row.member ? row.bit : 0;
  return word;
}

StatFlags StatFlags::from_word(std::uint32_t word) {
  StatFlags flags;
  for (const StatBit& row : stat_bits) flags.*row.member = (word & row.bit) != 0;
  return flags;
}

void append_stat(std::string& out, const FileStat& stat) {
  append_number(out, stat.id);
  append_number(out += ' ', stat.size);
  append_number(out += ' ', stat.flags.word());
  append_number(out += ' ', stat.mtime);
  if (!stat.is_long_form) return;
  append_number(out += ' ', stat.ctime);
  append_number(out += ' ', stat.atime);
  append_mode(out += ' ', stat.mode);
  append_word(out += ' ', stat.owner);
  append_word(out += ' ', stat.group);
}

std::string format_stat(const FileStat& stat) {
  std::string out;
  out.reserve(128);  // a quarter of the time of a stat went into growing it
  append_stat(out, stat);
  return out;
}

Result<FileStat> parse_stat(std::string_view text) {
  Words words(text);
  FileStat stat;
  stat.id = parse_id(words.next());
  SLUICE_TRY(stat.size, next_number<std::uint64_t>(words));
  SLUICE_TRY(const auto flags, next_number<std::uint32_t>(words));
  stat.flags = StatFlags::from_word(flags);
  SLUICE_TRY(stat.mtime, next_number<std::int64_t>(words));
  Words rest = words;
  const std::string_view fifth = rest.next();
  stat.is_long_form = !fifth.empty() && fifth != "[";
  if (!stat.is_long_form) return stat;
  SLUICE_TRY(stat.ctime, next_number<std::int64_t>(words));
  SLUICE_TRY(stat.atime, next_number<std::int64_t>(words));
  SLUICE_TRY(stat.mode, next_number<std::uint16_t>(words, 8));
  stat.owner = words.next();
  stat.group = words.next();
  if (stat.group.empty()) return fail(Errc::protocol, "stat text ends before owner and group");
  return stat;
}

std::string format_stat(const FileSystemStat& stat) {
  std::string out;
  append_number(out, stat.nodes);
  append_number(out += ' ', stat.free_mb);
  append_number(out += ' ', stat.used_percent);
  append_number(out += ' ', stat.staging_nodes);
  append_number(out += ' ', stat.staging_free_mb);
  append_number(out += ' ', stat.staging_used_percent);
  return out;
}

Result<FileSystemStat> parse_file_system_stat(std::string_view text) {
  Words words(text);
  FileSystemStat stat;
  SLUICE_TRY(stat.nodes, next_number<std::uint64_t>(words));
  SLUICE_TRY(stat.free_mb, next_number<std::uint64_t>(words));
  SLUICE_TRY(stat.used_percent, next_number<std::uint64_t>(words));
  SLUICE_TRY(stat.staging_nodes, next_number<std::uint64_t>(words));
  SLUICE_TRY(stat.staging_free_mb, next_number<std::uint64_t>(words));
  SLUICE_TRY(stat.staging_used_percent, next_number<std::uint64_t>(words));
  return stat;
}

}  // namespace sluice::xroot
