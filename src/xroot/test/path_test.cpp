// SPDX-License-Identifier: Apache-2.0
// No path from the wire gets past this with "..", a control byte or a second slash.
#include "xroot/path.h"

#include "xroot/protocol.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sluice::xroot {
namespace {

std::string path_of(std::string_view wire) {
  auto path = parse_path(wire);
  return path ? path->path : "error " + std::string(error_row(path.error().code).name);
}

TEST(Path, collapses) {
  EXPECT_EQ(path_of("/"), "/");
  EXPECT_EQ(path_of("//"), "/");
  EXPECT_EQ(path_of("/a"), "/a");
  EXPECT_EQ(path_of("//a///b/./c/."), "/a/b/c");
  EXPECT_EQ(path_of("/a/"), "/a");
  EXPECT_EQ(path_of("/a b/%2e%2e/\xc3\xa9"), "/a b/%2e%2e/\xc3\xa9")
      << "percent signs mean nothing";
  EXPECT_EQ(path_of("/..a/...//b.."), "/..a/.../b..");
}

TEST(Path, neverGoesUp) {
  for (std::string_view wire : {"/..", "/a/../b", "/a/..", "/../a", "/a/..?x"}) {
    EXPECT_EQ(path_of(wire), "error not_authorized") << wire;
  }
}

TEST(Path, isAbsolute) {
  EXPECT_EQ(path_of("a"), "error invalid_argument");
  EXPECT_EQ(path_of("./a"), "error invalid_argument");
  EXPECT_EQ(path_of(""), "error missing_argument");
  EXPECT_EQ(path_of("?a=b"), "error missing_argument");
}

TEST(Path, hasNoControlBytes) {
  EXPECT_EQ(path_of(std::string_view("/a\0b", 4)), "error invalid_argument");
  EXPECT_EQ(path_of("/a\nb"), "error invalid_argument");
  EXPECT_EQ(path_of("/a\x7f"), "error invalid_argument");
  EXPECT_EQ(path_of("/a?b\nc"), "error invalid_argument");
  EXPECT_EQ(path_of("/a?tpc.scgi=b=c\td=e"), "/a") << "TAB separates pairs of the source's CGI";
}

TEST(Path, splitsAtTheFirstMark) {
  const auto path = parse_path("/a/b?c=d?e&f");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->path, "/a/b");
  EXPECT_EQ(path->opaque, "c=d?e&f");
  EXPECT_EQ(parse_path("/a?")->opaque, "");
}

TEST(Path, hasBounds) {
  EXPECT_EQ(path_of("/" + std::string(max_path - 1, 'a')), "/" + std::string(max_path - 1, 'a'));
  EXPECT_EQ(path_of("/" + std::string(max_path, 'a')), "error too_long");
  EXPECT_EQ(path_of("/a?" + std::string(max_opaque, 'a')), "/a");
  EXPECT_EQ(path_of("/a?" + std::string(max_opaque + 1, 'a')), "error too_long");
}

TEST(Path, parentAndName) {
  EXPECT_EQ(parent_path("/a/b"), "/a");
  EXPECT_EQ(parent_path("/a"), "/");
  EXPECT_EQ(parent_path("/"), "/");
  EXPECT_EQ(last_name("/a/b"), "b");
  EXPECT_EQ(last_name("/"), "");
}

// Whatever comes in: what comes out is normal, and parsing it again changes nothing.
RC_GTEST_PROP(Path, isNormalAfterwards, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("/", "//", ".", "..", "a", "b.", ".c", "/./", " ", "%"));
  std::string wire = "/";
  for (const std::string& piece : pieces) wire += piece;
  const auto path = parse_path(wire);
  RC_PRE(path.has_value());
  RC_ASSERT(path->path.starts_with("/"));
  RC_ASSERT(path->path.find("//") == std::string::npos);
  RC_ASSERT((path->path + "/").find("/../") == std::string::npos);
  RC_ASSERT((path->path + "/").find("/./") == std::string::npos);
  RC_ASSERT(path->path == "/" || !path->path.ends_with("/"));
  RC_ASSERT(parse_path(path->path)->path == path->path);
}

}  // namespace
}  // namespace sluice::xroot
