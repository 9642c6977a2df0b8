// SPDX-License-Identifier: Apache-2.0
// Modes, sizes and names as people see and write them.
#include "cli/describe.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using xroot::client::FileInfo;

TEST(Describe, Modes) {
  FileInfo info;
  info.mode = 0754;
  EXPECT_EQ(mode_text(info), "-rwxr-xr--");
  info.is_directory = true;
  info.mode.reset();
  info.is_readable = true;
  EXPECT_EQ(mode_text(info), "dr--");
}

TEST(Describe, ParsesModes) {
  EXPECT_EQ(*parse_mode("0644"), 0644);
  EXPECT_EQ(*parse_mode("755"), 0755);
  EXPECT_EQ(*parse_mode("rwxr-x---"), 0750);
  EXPECT_EQ(*parse_mode("---------"), 0);
  for (std::string_view text : {"", "8", "rwx", "xwrr-x---", "u+x", "17777"}) {
    EXPECT_EQ(parse_mode(text).error().code, Errc::usage) << text;
  }
}

TEST(Describe, ParsesSizes) {
  EXPECT_EQ(*parse_size("0"), 0U);
  EXPECT_EQ(*parse_size("1234"), 1234U);
  EXPECT_EQ(*parse_size("8 KiB"), 8192U);
  EXPECT_FALSE(parse_size("-1"));
  EXPECT_FALSE(parse_size("x"));
}

TEST(Describe, DisarmsControlCharacters) {
  EXPECT_EQ(printable("a\x1b[2Jb\nc\xc3\xa9"), "a?[2Jb?c\xc3\xa9");
}

TEST(Describe, JsonOfAFile) {
  FileInfo info;
  info.size = 7;
  info.mtime = 9;
  info.id = 1;
  info.is_readable = true;
  JsonObject json;
  add_info(json, info);
  EXPECT_EQ(
      json.text(),
      R"({"type":"file","size":7,"mtime":9,"id":1,"readable":true,"writable":false,"offline":false})");
}

}  // namespace
}  // namespace sluice::cli
