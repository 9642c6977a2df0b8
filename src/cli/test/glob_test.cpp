// SPDX-License-Identifier: Apache-2.0
// Patterns match what a shell would, and fnmatch(3) agrees on random ones.
#include "cli/glob.h"

#include <fnmatch.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sluice::cli {
namespace {

TEST(Glob, MatchesAsAShellDoes) {
  EXPECT_TRUE(glob_match("*.root", "run1.root"));
  EXPECT_FALSE(glob_match("*.root", "run1.root.bak"));
  EXPECT_TRUE(glob_match("r?n[0-9].*", "run7.x"));
  EXPECT_FALSE(glob_match("r?n[!0-9].*", "run7.x"));
  EXPECT_TRUE(glob_match("[]x]", "]"));
  EXPECT_TRUE(glob_match("a[", "a["));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("**", "abc"));
  EXPECT_TRUE(glob_match("données*", "données-été"));
  EXPECT_FALSE(glob_match("*", ".hidden"));
  EXPECT_TRUE(glob_match(".*", ".hidden"));
}

TEST(Glob, ManyStarsStayCheap) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(2000, 'a')));
}

TEST(Glob, AgreesWithFnmatch) {
  auto word = [](const char* letters) {
    return rc::gen::container<std::string>(rc::gen::elementOf(std::string(letters)));
  };
  EXPECT_TRUE(rc::check("like fnmatch(3)", [&] {
    std::string pattern = *word("ab*?.");
    std::string name = *word("ab.");
    bool expected = fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD | FNM_NOESCAPE) == 0;
    RC_ASSERT(glob_match(pattern, name) == expected);
  }));
}

TEST(Glob, SplitsAtTheFirstWildcard) {
  GlobPath path = split_glob("/a//b/c*/d/[x]");
  EXPECT_EQ(path.base, "/a/b");
  EXPECT_EQ(path.components, (std::vector<std::string>{"c*", "d", "[x]"}));
  EXPECT_EQ(split_glob("*").base, "");
  EXPECT_EQ(split_glob("/*").base, "/");
  EXPECT_EQ(split_glob("a/*").base, "a");
  EXPECT_TRUE(split_glob("a/b").components.empty());
}

}  // namespace
}  // namespace sluice::cli
