// SPDX-License-Identifier: Apache-2.0
#include "disk/logical_path.h"

#include "disk/test/scratch.h"

#include <rapidcheck/gtest.h>

namespace sluice::disk {
namespace {

Errc code(std::string_view text) { return code_of(LogicalPath::parse(text)); }

TEST(LogicalPath, NormalPathsAreKept) {
  LogicalPath p = path("/a/bc/d");
  EXPECT_EQ(p.text(), "/a/bc/d");
  EXPECT_EQ(p.parent(), "a/bc");
  EXPECT_STREQ(p.name(), "d");
  EXPECT_STREQ(p.c_str(), "a/bc/d");
}

TEST(LogicalPath, EmptyElementsAndDotsGo) {
  EXPECT_EQ(path("//a/./b///c/.").text(), "/a/b/c");
  EXPECT_EQ(path("/a").parent(), "");
  EXPECT_STREQ(path("/a").name(), "a");
}

TEST(LogicalPath, TheRoot) {
  for (const char* text : {"/", "//", "/./."}) {
    EXPECT_TRUE(path(text).is_root()) << text;
    EXPECT_STREQ(path(text).c_str(), ".");
    EXPECT_EQ(path(text).text(), "/");
  }
}

TEST(LogicalPath, UpwardIsForbidden) {
  for (const char* text : {"/..", "/a/../b", "/a/..", "/../etc/passwd"}) {
    EXPECT_EQ(code(text), Errc::not_authorized) << text;
  }
  EXPECT_EQ(path("/a/...").text(), "/a/...");
  EXPECT_EQ(path("/..a/b..").text(), "/..a/b..");
}

TEST(LogicalPath, ReservedNamesDoNotExist) {
  EXPECT_EQ(code("/.sluice.state"), Errc::not_found);
  EXPECT_EQ(code("/a/.sluice.upload.0/b"), Errc::not_found);
  EXPECT_EQ(path("/.sluice").text(), "/.sluice");
}

TEST(LogicalPath, WhatNoFileSystemTakes) {
  EXPECT_EQ(code(""), Errc::missing_argument);
  EXPECT_EQ(code("a/b"), Errc::invalid_argument);
  EXPECT_EQ(code(std::string_view("/a\0b", 4)), Errc::invalid_argument);
  EXPECT_EQ(code("/a\nb"), Errc::invalid_argument);
  EXPECT_EQ(code("/" + std::string(256, 'x')), Errc::too_long);
  EXPECT_EQ(code("/" + std::string(5000, '/')), Errc::too_long);
  EXPECT_EQ(path("/" + std::string(255, 'x')).text().size(), 256U);
}

RC_GTEST_PROP(LogicalPath, ParsingTwiceChangesNothing, ()) {
  auto elements = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", ".", "", "b c", "\xc3\xa9", "x%20", "...", ".hidden"));
  std::string text = "/";
  for (const std::string& element : elements) text += element + "/";
  LogicalPath once = path(text);
  RC_ASSERT(path(once.text()) == once);
  RC_ASSERT(once.is_root() || once.text() == "/" + std::string(once.parent()) +
                                                 (once.parent().empty() ? "" : "/") + once.name());
}

}  // namespace
}  // namespace sluice::disk
