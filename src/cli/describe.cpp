// SPDX-License-Identifier: Apache-2.0
#include "cli/describe.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace sluice::cli {

using xroot::client::FileInfo;

std::string mode_text(const FileInfo& info) {
  std::string text(1, info.is_directory ? 'd' : info.is_other ? '?' : '-');
  if (!info.mode) {
    text += info.is_readable ? 'r' : '-';
    text += info.is_writable ? 'w' : '-';
    text += info.is_executable ? 'x' : '-';
    return text;
  }
  constexpr std::string_view letters = "rwxrwxrwx";
  for (std::size_t i = 0; i < letters.size(); ++i) {
    text += (*info.mode >> (8 - i)) & 1U ? letters[i] : '-';
  }
  return text;
}

std::string time_text(std::int64_t seconds_since_1970) {
  std::tm parts{};
  time_t seconds = seconds_since_1970;
  if (localtime_r(&seconds, &parts) == nullptr) return "?";
  return fmt::format("{:%Y-%m-%d %H:%M}", parts);
}

std::string printable(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return out;
}

std::string size_text(std::uint64_t bytes, bool for_people) {
  return for_people ? human_bytes(static_cast<double>(bytes)) : std::to_string(bytes);
}

void add_info(JsonObject& json, const FileInfo& info) {
  json.add("type", info.is_directory ? "directory" : info.is_other ? "other" : "file");
  json.add("size", info.size).add("mtime", info.mtime).add("id", info.id);
  if (info.mode) {
    json.add("mode", fmt::format("{:04o}", *info.mode))
        .add("owner", info.owner)
        .add("group", info.group);
    json.add("ctime", info.ctime).add("atime", info.atime);
  }
  json.add("readable", info.is_readable).add("writable", info.is_writable);
  json.add("offline", info.is_offline);
}

Result<std::uint16_t> parse_mode(std::string_view text) {
  constexpr std::string_view letters = "rwxrwxrwx";
  if (text.size() != letters.size()) {
    auto number = parse_int<std::uint16_t>(text, 0, 07777, 8);
    if (number) return *number;
    return fail(Errc::usage,
                fmt::format("\"{}\" is no mode; write 0644 or rw-r--r--", text.substr(0, 20)));
  }
  unsigned mode = 0;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (text[i] != letters[i] && text[i] != '-') {
      return fail(Errc::usage, fmt::format("\"{}\" is no mode; write 0644 or rw-r--r--", text));
    }
    mode = mode << 1U | (text[i] == '-' ? 0U : 1U);
  }
  return static_cast<std::uint16_t>(mode);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  if (auto number = parse_int<std::uint64_t>(text, 0, INT64_MAX)) return *number;
  SLUICE_TRY(Bytes size, parse_bytes(text));
  return size.count;
}

}  // namespace sluice::cli
