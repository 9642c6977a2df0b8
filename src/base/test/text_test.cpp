// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sluice {
namespace {

using Parts = std::vector<std::string_view>;

TEST(Text, split) {
  EXPECT_EQ(split("a,b", ','), (Parts{"a", "b"}));
  EXPECT_EQ(split("", ','), (Parts{""}));
  EXPECT_EQ(split(",a,", ','), (Parts{"", "a", ""}));
}

TEST(Text, trim) {
  EXPECT_EQ(trim(" \ta b\t "), "a b");
  EXPECT_EQ(trim("   "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, upper_and_lower) {
  EXPECT_EQ(to_lower("ABC-xyZ[@`{"), "abc-xyz[@`{");
  EXPECT_TRUE(equal_ignoring_case("Content-Type", "content-tYPE"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
  EXPECT_FALSE(equal_ignoring_case("@", "`"));
}

TEST(Text, escapes) {
  EXPECT_EQ(json_quoted("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
  EXPECT_EQ(json_quoted(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
  EXPECT_EQ(json_quoted("\xe2\x80\xa8"), R"("\u2028")");
  EXPECT_EQ(json_quoted("äß€\xf0\x9f\x98\x80"), "\"äß€\xf0\x9f\x98\x80\"");
}

TEST(Text, what_is_not_utf8_is_replaced) {
  const std::string_view replaced = "\xef\xbf\xbd";
  // A stray continuation, an overlong slash, a surrogate, beyond U+10FFFF, a cut-off sequence.
  struct Row {
    std::string_view in;
    int replacements;
  };
  for (const Row& row :
       {Row{"\x80", 1}, Row{"\xc0\xaf", 2}, Row{"\xed\xa0\x80", 3}, Row{"\xf4\x90\x80\x80", 4},
        Row{"\xe2\x82", 2}, Row{"\xe0\x80\xaf", 3}, Row{"\xff", 1}}) {
    std::string wanted = "\"";
    for (int i = 0; i < row.replacements; ++i) wanted += replaced;
    EXPECT_EQ(json_quoted(row.in), wanted + "\"");
  }
}

RC_GTEST_PROP(Text, json_parses_what_we_quote, (const std::vector<std::uint8_t>& bytes)) {
  std::string text(bytes.begin(), bytes.end());
  std::string quoted = json_quoted(text);
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(quoted, error);
  RC_ASSERT(!error.failed());
  bool is_ascii = std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b < 0x80; });
  if (is_ascii) RC_ASSERT(std::string(value.as_string()) == text);
}

TEST(Text, edit_distance) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

RC_GTEST_PROP(Text, edit_distance_is_symmetric_and_bounded,
              (const std::string& a, const std::string& b)) {
  std::size_t distance = edit_distance(a, b);
  RC_ASSERT(distance == edit_distance(b, a));
  RC_ASSERT(distance <= std::max(a.size(), b.size()));
  RC_ASSERT((distance == 0) == (a == b));
}

TEST(Text, nearest) {
  const Parts words = {"pool.movers", "pool.idle", "net.loops"};
  EXPECT_EQ(nearest("pool.mover", words), "pool.movers");
  EXPECT_EQ(nearest("net.loop", words), "net.loops");
  EXPECT_EQ(nearest("x", words), std::nullopt);
  EXPECT_EQ(nearest("something.else", words), std::nullopt);
}

}  // namespace
}  // namespace sluice
