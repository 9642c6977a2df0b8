// SPDX-License-Identifier: Apache-2.0
// The only file that sees toml++; its exceptions end in parse_settings().
#include "base/settings_file.h"

#include "base/fd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <optional>

namespace sluice {
namespace {

constexpr std::size_t max_file = 4U << 20;  // a settings file of more than 4 MiB is something else

struct Found {
  RawSetting setting;
  toml::source_position at;
};

RawValue list_of(const toml::array& array) {
  std::vector<std::string> entries;
  for (const toml::node& entry : array) {
    const auto* text = entry.as_string();
    if (text == nullptr) return OtherValue{"a list of something other than texts"};
    entries.push_back(text->get());
  }
  return entries;
}

RawValue value_of(const toml::node& node) {
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* array = node.as_array()) return list_of(*array);
  return OtherValue{"a date or time"};
}

void flatten(const toml::table& table, const std::string& prefix, std::string_view name,
             std::vector<Found>& out) {
  for (const auto& [key, node] : table) {
    std::string full =
        prefix.empty() ? std::string(key.str()) : fmt::format("{}.{}", prefix, key.str());
    if (const toml::table* inner = node.as_table()) {
      flatten(*inner, full, name, out);
    } else {
      toml::source_position at = key.source().begin;
      out.push_back({{std::move(full), value_of(node), fmt::format("{}:{}", name, at.line)}, at});
    }
  }
}

Result<std::string> file_text(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return fail_errno(errno, path);
  std::string text;
  for (;;) {
    std::size_t have = text.size();
    text.resize(have + 65536);
    ssize_t n = ::read(file.get(), text.data() + have, 65536);
    if (n < 0 && errno == EINTR)
      n = 0;
    else if (n < 0)
      return fail_errno(errno, path);
    else if (n == 0) {
      text.resize(have);
      return text;
    }
    text.resize(have + static_cast<std::size_t>(n));
    if (text.size() > max_file) return fail(Errc::too_long, path + " is larger than 4 MiB");
  }
}

}  // namespace

Result<std::vector<RawSetting>> parse_settings(std::string_view text, std::string_view name) {
  std::vector<Found> found;
  try {
    flatten(toml::parse(text, name), "", name, found);
  } catch (const toml::parse_error& error) {
    return fail(Errc::invalid_argument,
                fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
  }
  // Tables of toml++ are sorted by key; people read their mistakes from top to bottom.
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.at < b.at; });
  std::vector<RawSetting> raw;
  raw.reserve(found.size());
  for (Found& entry : found) raw.push_back(std::move(entry.setting));
  return raw;
}

Result<std::vector<RawSetting>> read_settings(const std::string& path) {
  SLUICE_TRY(std::string text, file_text(path));
  return parse_settings(text, path);
}

Result<RawSetting> setting_from_word(std::string_view word) {
  std::size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return fail(Errc::usage, fmt::format("\"{}\" is not KEY=VALUE", word.substr(0, 128)));
  }
  return RawSetting{std::string(word.substr(0, equals)),
                    PlainText{std::string(word.substr(equals + 1))}, std::string(word)};
}

Status load_settings(Sections& sections, const std::string& path,
                     std::span<const RawSetting> overrides) {
  std::vector<RawSetting> raw;
  if (!path.empty()) {
    SLUICE_TRY(raw, read_settings(path));
  }
  raw.insert(raw.end(), overrides.begin(), overrides.end());
  std::vector<std::string> wrong = apply_settings(sections, raw);
  if (wrong.empty()) return {};
  return fail(Errc::invalid_argument, fmt::format("{}", fmt::join(wrong, "\n")));
}

}  // namespace sluice
