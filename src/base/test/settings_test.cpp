// SPDX-License-Identifier: Apache-2.0
#include "base/settings.h"

#include "base/settings_file.h"
#include "base/settings_manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>

namespace sluice {
namespace {

enum class Color { red, green };
constexpr std::array<EnumName<Color>, 2> names_of(Color) {
  return {{{Color::red, "red"}, {Color::green, "green"}}};
}

Status check_even(const int& n) {
  if (n % 2 != 0) return fail(Errc::invalid_argument, "must be even");
  return {};
}

struct PoolConfig {
  Bytes chunk = 512_KiB;
  Duration idle{30'000};
  int movers = 200;
  std::uint16_t port = 1094;
  std::uint64_t files = 5;
  bool verify = true;
  std::string name = "a \"pool\"\n";
  std::vector<std::string> paths = {"/a", "/b"};
  Endpoint listen{"*", 1094};
  Color color = Color::red;
  int even = 2;
};

constexpr std::tuple pool_settings{
    setting("pool.chunk", &PoolConfig::chunk, 4_KiB, 1_GiB, Reload::no, "Bytes per disk read."),
    setting("pool.idle", &PoolConfig::idle, Duration{1000}, Duration{86'400'000}, Reload::yes,
            "Idle movers end."),
    setting("pool.movers", &PoolConfig::movers, -5, 1000, Reload::yes, "Most movers."),
    setting("pool.port", &PoolConfig::port, 0, 65535, Reload::no, "Port."),
    setting("pool.files", &PoolConfig::files, 0, 18446744073709551615U, Reload::no, "Files."),
    setting("pool.verify", &PoolConfig::verify, Reload::yes, "Compare checksums."),
    setting("pool.name", &PoolConfig::name, Reload::no, "Name."),
    setting("pool.paths", &PoolConfig::paths, Reload::no, "Paths."),
    setting("pool.listen", &PoolConfig::listen, Reload::no, "Address."),
    setting("pool.look.color", &PoolConfig::color, Reload::yes, "Color | tint."),
    setting("pool.even", &PoolConfig::even, 0, 100, Reload::no, "Even.", &check_even),
};

struct LogConfig {
  std::string levels = "info";
};
constexpr std::tuple log_settings{
    setting("log.levels", &LogConfig::levels, Reload::yes, "Levels.")};

// The structs of a program and the sections over them.
struct Program {
  PoolConfig pool;
  LogConfig log;
  Sections sections;
  Program() {
    sections.emplace_back("Pool", pool, pool_settings);
    sections.emplace_back("Log", log, log_settings);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::vector<std::string> apply(std::string_view toml) {
    auto raw = parse_settings(toml, "f.toml");
    if (!raw) return {raw.error().detail};
    return apply_settings(sections, *raw);
  }
};

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Settings, every_type_loads) {
  Program p;
  EXPECT_THAT(p.apply(R"(
[pool]
chunk = "8 MiB"
idle = "1.5 min"
movers = -3
port = 65535
files = 9223372036854775807
verify = false
name = "x"
paths = ["/c"]
listen = "[::1]:1095"
look.color = "green"
even = 4
[log]
levels = "debug"
)"),
              IsEmpty());
  EXPECT_EQ(p.pool.chunk, 8_MiB);
  EXPECT_EQ(p.pool.idle, Duration(90'000));
  EXPECT_EQ(p.pool.movers, -3);
  EXPECT_EQ(p.pool.port, 65535);
  EXPECT_EQ(p.pool.files, 9223372036854775807U);
  EXPECT_FALSE(p.pool.verify);
  EXPECT_EQ(p.pool.name, "x");
  EXPECT_THAT(p.pool.paths, ElementsAre("/c"));
  EXPECT_EQ(p.pool.listen, (Endpoint{"::1", 1095}));
  EXPECT_EQ(p.pool.color, Color::green);
  EXPECT_EQ(p.log.levels, "debug");
}

TEST(Settings, all_mistakes_at_once_with_their_lines) {
  Program p;
  auto wrong = p.apply(
      "[pool]\n"
      "chunk = 4096\n"
      "idle = \"30\"\n"
      "movers = 1001\n"
      "port = 70000\n"
      "verify = \"yes\"\n"
      "paths = \"/a\"\n"
      "listen = \"::1:5\"\n"
      "look.color = \"blue\"\n"
      "movrs = 4\n"
      "even = 3\n"
      "files = 1.5\n"
      "name = 2020-01-01\n");
  EXPECT_THAT(
      wrong,
      ElementsAre(
          "f.toml:2: pool.chunk: needs a unit, in quotes, such as \"512 KiB\"",
          HasSubstr("f.toml:3: pool.idle: \"30\" is not a number with a unit"),
          "f.toml:4: pool.movers: 1001 is not between -5 and 1000",
          "f.toml:5: pool.port: 70000 is not between 0 and 65535",
          "f.toml:6: pool.verify: must be true or false, not text",
          HasSubstr("f.toml:7: pool.paths: must be a list of texts"),
          HasSubstr(
              "f.toml:8: pool.listen: \"::1:5\" is not HOST:PORT: an IPv6 address needs brackets"),
          "f.toml:9: pool.look.color: \"blue\" is not one of red, green",
          "f.toml:10: unknown setting pool.movrs; did you mean pool.movers?",
          "f.toml:11: pool.even: must be even",
          "f.toml:12: pool.files: must be a whole number, not a number",
          "f.toml:13: pool.name: must be text in quotes, not a date or time"));
  EXPECT_EQ(p.pool.movers, 200);
}

TEST(Settings, sizes_are_bounded) {
  Program p;
  EXPECT_THAT(p.apply("pool.chunk = \"1 B\""),
              ElementsAre("f.toml:1: pool.chunk: 1 B is not between 4 KiB and 1 GiB"));
  EXPECT_THAT(p.apply("pool.idle = \"2 d\""),
              ElementsAre("f.toml:1: pool.idle: 2 d is not between 1 s and 1 d"));
  EXPECT_THAT(p.apply("pool.files = -1"),
              ElementsAre("f.toml:1: pool.files: -1 is not between 0 and 18446744073709551615"));
}

TEST(Settings, table_where_a_value_is_and_the_reverse) {
  Program p;
  EXPECT_THAT(p.apply("pool = 5"),
              ElementsAre("f.toml:1: pool is a table of settings, not a setting"));
  EXPECT_THAT(p.apply("[pool.movers]\nx = 1"),
              ElementsAre("f.toml:2: unknown setting pool.movers.x; did you mean pool.movers?"));
  EXPECT_THAT(p.apply("utterly_different_words = 1"),
              ElementsAre("f.toml:1: unknown setting utterly_different_words"));
  EXPECT_THAT(p.apply("[[pool]]\nx = 1"), ElementsAre(HasSubstr("pool is a table")));
}

TEST(Settings, syntax_error_names_its_line) {
  Program p;
  EXPECT_THAT(p.apply("[pool]\nmovers = \n"), ElementsAre(HasSubstr("f.toml:2: ")));
  EXPECT_THAT(p.apply("[pool]\nmovers = 1\nmovers = 2\n"), ElementsAre(HasSubstr("f.toml:3: ")));
}

TEST(Settings, command_line_words) {
  Program p;
  std::vector<RawSetting> raw;
  for (std::string_view word : {"pool.movers=7", "pool.verify=false", "pool.paths=/x, /y",
                                "pool.chunk=1 MiB", "pool.name=5"}) {
    auto setting = setting_from_word(word);
    ASSERT_TRUE(setting);
    raw.push_back(*setting);
  }
  EXPECT_THAT(apply_settings(p.sections, raw), IsEmpty());
  EXPECT_EQ(p.pool.movers, 7);
  EXPECT_FALSE(p.pool.verify);
  EXPECT_THAT(p.pool.paths, ElementsAre("/x", "/y"));
  EXPECT_EQ(p.pool.name, "5");
  EXPECT_FALSE(setting_from_word("pool.movers"));
  EXPECT_FALSE(setting_from_word("=3"));
  EXPECT_THAT(apply_settings(p.sections, std::vector{*setting_from_word("pool.movers=many")}),
              ElementsAre("pool.movers=many: pool.movers: not a number: \"many\""));
}

TEST(Settings, file_and_overrides) {
  std::string path = testing::TempDir() + "settings_test.toml";
  std::ofstream(path) << "[pool]\nmovers = 1\nfiles = 2\n";
  Program p;
  ASSERT_TRUE(load_settings(p.sections, path, std::vector{*setting_from_word("pool.files=9")}));
  EXPECT_EQ(p.pool.movers, 1);
  EXPECT_EQ(p.pool.files, 9U);
  std::remove(path.c_str());
  auto gone = load_settings(p.sections, path);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::not_found);
  EXPECT_TRUE(load_settings(p.sections, ""));
}

TEST(Settings, what_show_prints_loads_back) {
  Program one;
  one.pool.movers = 17;
  one.pool.name = "tab\t, é, \\ and \x01";
  one.pool.paths = {};
  std::string text = show_settings(one.sections, Passwords::hidden);
  EXPECT_THAT(text, HasSubstr("movers = 17  # default: 200\n"));
  EXPECT_THAT(text, HasSubstr("[pool.look]\ncolor = \"red\"\n"));
  Program two;
  EXPECT_THAT(two.apply(text), IsEmpty()) << text;
  EXPECT_EQ(two.pool.name, one.pool.name);
  EXPECT_EQ(show_settings(two.sections, Passwords::hidden), text);
}

TEST(Settings, describe) {
  Program p;
  p.pool.movers = 3;  // the manual speaks of defaults whatever is loaded
  auto one = describe_settings(p.sections, "pool.movers");
  ASSERT_TRUE(one);
  EXPECT_EQ(*one,
            "pool.movers (integer: -5 to 1000; default 200)\n    Most movers. A reload applies a "
            "change.\n");
  auto table = describe_settings(p.sections, "pool.look");
  ASSERT_TRUE(table);
  EXPECT_THAT(*table, HasSubstr("pool.look.color (word: red, green; default \"red\")"));
  auto unknown = describe_settings(p.sections, "pool.mover");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().detail, HasSubstr("did you mean pool.movers?"));
  EXPECT_THAT(*describe_settings(p.sections), HasSubstr("log.levels"));
  EXPECT_THAT(
      settings_markdown(p.sections),
      HasSubstr(
          "| `pool.look.color` | word | `\"red\"` | red, green | reload | Color \\| tint. |\n"));
}

TEST(Settings, passwords_of_urls_are_not_reported) {
  const std::map<std::string, std::string> shown{
      {"postgresql://u:secret@h:1/d", "postgresql://u:...@h:1/d"},
      {"postgresql://u:se@cret@h/d?password=secret&x=1", "postgresql://u:...@h/d?password=...&x=1"},
      {"postgresql://u@h:1/d", "postgresql://u@h:1/d"},
      {"root://h:1094,root://u:secret@g", "root://h:1094,root://u:...@g"},
      {"sqlite:/a:b@c", "sqlite:/a:b@c"}};
  for (const auto& [value, text] : shown) {
    Program running, fresh;
    fresh.pool.name = value;
    auto changes = reload_settings(running.sections, fresh.sections);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].after, "\"" + text + "\"");
    EXPECT_THAT(show_settings(fresh.sections, Passwords::hidden), HasSubstr("\"" + text + "\""));
    EXPECT_THAT(show_settings(fresh.sections, Passwords::shown), HasSubstr("\"" + value + "\""));
  }
}

TEST(Settings, reload_takes_what_may_change_and_reports_the_rest) {
  Program running, fresh;
  ASSERT_THAT(fresh.apply("[pool]\nmovers = 9\nport = 80\nlook.color = \"green\"\n"), IsEmpty());
  auto changes = reload_settings(running.sections, fresh.sections);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].key, "pool.movers");
  EXPECT_EQ(changes[0].before, "200");
  EXPECT_EQ(changes[0].after, "9");
  EXPECT_EQ(changes[1].key, "pool.port");
  EXPECT_EQ(changes[1].reload, Reload::no);
  EXPECT_EQ(running.pool.movers, 9);
  EXPECT_EQ(running.pool.color, Color::green);
  EXPECT_EQ(running.pool.port, 1094);
  EXPECT_EQ(reload_settings(running.sections, fresh.sections).size(), 1U);
}

}  // namespace
}  // namespace sluice
