// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <regex>

namespace sluice {
namespace {

const Logger log_a("log_test_a");
const Logger log_b("log_test_b");

class Log : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(configure_logging(LogFormat::logfmt, "info")); }
  void TearDown() override { ASSERT_TRUE(configure_logging(LogFormat::logfmt, "info")); }

  static std::string captured(const std::function<void()>& act) {
    testing::internal::CaptureStderr();
    act();
    return testing::internal::GetCapturedStderr();
  }
  // What follows the fixed head of a line.
  static std::string fields_of(Fields fields) {
    std::string line = captured([&] { log_a.info("x.done", fields); });
    std::size_t at = line.find("event=x.done");
    return at == std::string::npos ? line : line.substr(at + 12);
  }
};

TEST_F(Log, logfmt_line) {
  std::string line =
      captured([] { log_a.warn("file.closed", {{"bytes", 12U}, {"ms", 1.5}, {"ok", true}}); });
  std::regex shape(
      R"(time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=warn module=log_test_a event=file\.closed )"
      R"(bytes=12 ms=1\.5 ok=true\n)");
  EXPECT_TRUE(std::regex_match(line, shape)) << line;
}

TEST_F(Log, logfmt_quotes_what_needs_it) {
  EXPECT_EQ(fields_of({{"path", "/a/b"}}), " path=/a/b\n");
  EXPECT_EQ(fields_of({{"path", "a b"}}), " path=\"a b\"\n");
  EXPECT_EQ(fields_of({{"path", ""}}), " path=\"\"\n");
  EXPECT_EQ(fields_of({{"path", "a=b"}}), " path=\"a=b\"\n");
  EXPECT_EQ(fields_of({{"path", "a\"b\\c"}}), " path=\"a\\\"b\\\\c\"\n");
  EXPECT_EQ(fields_of({{"path", "ü"}}), " path=\"ü\"\n");
}

TEST_F(Log, nobody_can_forge_a_line_or_colour_the_terminal) {
  EXPECT_EQ(fields_of({{"path", "a\nlevel=error\r\t"}}), " path=\"a\\nlevel=error\\r\\t\"\n");
  EXPECT_EQ(fields_of({{"path", "\x1b[31m\x7f"}}), " path=\"\\u001b[31m\\u007f\"\n");
  EXPECT_EQ(fields_of({{"path", "\xc2\x9b"}}), " path=\"\\u009b\"\n");  // CSI as one C1 character
  EXPECT_EQ(fields_of({{"path", "a\xff"}}), " path=\"a\xef\xbf\xbd\"\n");  // not UTF-8
  EXPECT_EQ(fields_of({{"path", std::string("a\0b", 3)}}), " path=\"a\\u0000b\"\n");
}

TEST_F(Log, long_text_is_cut) {
  std::string text = fields_of({{"path", std::string(5000, 'x')}});
  EXPECT_EQ(text, " path=\"" + std::string(1024, 'x') + "...\"\n");
}

TEST_F(Log, json_line_parses) {
  ASSERT_TRUE(configure_logging(LogFormat::json, "info"));
  std::string line = captured([] {
    log_a.error("x.failed", {{"text", "a\"\n\x01\xff"},
                             {"big", std::numeric_limits<std::uint64_t>::max()},
                             {"small", -1},
                             {"nan", std::numeric_limits<double>::quiet_NaN()},
                             {"flag", false}});
  });
  boost::json::value value = boost::json::parse(line);
  EXPECT_EQ(value.at("level"), "error");
  EXPECT_EQ(value.at("module"), "log_test_a");
  EXPECT_EQ(value.at("event"), "x.failed");
  EXPECT_EQ(value.at("text"), "a\"\n\x01\xef\xbf\xbd");
  EXPECT_EQ(value.at("big").as_uint64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(value.at("small").as_int64(), -1);
  EXPECT_TRUE(value.at("nan").is_null());
  EXPECT_FALSE(value.at("flag").as_bool());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST_F(Log, levels_per_module_change_at_run_time) {
  EXPECT_FALSE(log_a.enabled(Level::debug));
  ASSERT_TRUE(configure_logging(LogFormat::logfmt, "log_test_a=debug, warn"));
  EXPECT_TRUE(log_a.enabled(Level::debug));
  EXPECT_FALSE(log_b.enabled(Level::info));
  EXPECT_TRUE(log_b.enabled(Level::warn));
  EXPECT_EQ(captured([] { log_b.info("x.done"); }), "");
  ASSERT_TRUE(configure_logging(LogFormat::logfmt, ""));
  EXPECT_FALSE(log_a.enabled(Level::debug));
  EXPECT_TRUE(log_b.enabled(Level::info));
}

TEST_F(Log, a_wrong_word_is_named_and_changes_nothing) {
  auto level = configure_logging(LogFormat::json, "log_test_a=debug,loud");
  ASSERT_FALSE(level);
  EXPECT_NE(level.error().detail.find("\"loud\""), std::string::npos);
  auto module = configure_logging(LogFormat::json, "debug,log_tset_a=warn");
  ASSERT_FALSE(module);
  EXPECT_NE(module.error().detail.find("\"log_tset_a\""), std::string::npos);
  EXPECT_NE(module.error().detail.find("log_test_b"), std::string::npos);
  EXPECT_FALSE(log_a.enabled(Level::debug));
  EXPECT_EQ(captured([] { log_a.info("x.done"); }).substr(0, 5), "time=");
}

}  // namespace
}  // namespace sluice
