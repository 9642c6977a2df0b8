// SPDX-License-Identifier: Apache-2.0
// A file of settings with every type of value: what is accepted reads the same when it is written back.
#include "base/settings.h"
#include "base/settings_file.h"
#include "check.h"

#include <fmt/format.h>

namespace {

using namespace sluice;

struct Config {
  bool flag = false;
  std::uint32_t number = 1;
  Bytes size{4096};
  Duration time{1000};
  std::string text;
  std::vector<std::string> list;
};

constexpr std::tuple rows{
    setting("a.flag", &Config::flag, Reload::yes, "A switch."),
    setting("a.number", &Config::number, 1, 1000, Reload::yes, "A number."),
    setting("a.size", &Config::size, Bytes{1}, Bytes{1 << 30}, Reload::no, "A size."),
    setting("a.time", &Config::time, Duration(1), Duration(100'000), Reload::no, "A duration."),
    setting("a.text", &Config::text, Reload::no, "A text."),
    setting("a.list", &Config::list, Reload::no, "A list."),
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto raw = parse_settings(as_text(fuzz::view(data, size)), "fuzz.toml");
  if (!raw) return 0;
  Config config;
  Sections sections;
  sections.emplace_back("a", config, rows);
  if (!apply_settings(sections, *raw).empty()) return 0;

  std::string written;
  for (const auto& row : sections.front().rows()) {
    written += fmt::format("{} = {}\n", row->key(), row->value());
  }
  auto again = parse_settings(written, "written.toml");
  fuzz::check(again.has_value());
  Config copy;
  Sections copies;
  copies.emplace_back("a", copy, rows);
  fuzz::check(apply_settings(copies, *again).empty());
  fuzz::check(reload_settings(copies, sections).empty());
  return 0;
}
