// SPDX-License-Identifier: Apache-2.0
// The table of scopes, each word with each activity, and the tricks that paths can play.
#include "auth/token/scope.h"

#include "auth/token/path.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice::auth {
namespace {

Token token_with(std::initializer_list<std::string_view> words, std::string_view prefix = "/",
                 ScopeWords kind = ScopeWords::with_scitokens) {
  Token token;
  for (std::string_view word : words) EXPECT_TRUE(append_scope(token.scopes, word, prefix, kind));
  return token;
}

constexpr std::array all{std::pair{Activity::list, 'L'},        std::pair{Activity::read_meta, 'M'},
                         std::pair{Activity::download, 'D'},    std::pair{Activity::upload, 'U'},
                         std::pair{Activity::overwrite, 'O'},   std::pair{Activity::manage, 'N'},
                         std::pair{Activity::move_to, 'V'},     std::pair{Activity::remove, 'R'},
                         std::pair{Activity::update_meta, 'C'}, std::pair{Activity::stage, 'S'}};

std::string allowed(const Token& token, std::string_view path) {
  std::string out;
  for (auto [activity, letter] : all) {
    if (allows(token, activity, path)) out.push_back(letter);
  }
  return out;
}

TEST(Scopes, EveryWordAllowsWhatTheTableSays) {
  struct Row {
    std::string_view word;
    std::string_view at_and_below;
    std::string_view above;
  };
  for (const Row& row : {
           Row{"storage.read:/p", "LMD", "M"},
           Row{"storage.create:/p", "MUNV", "MN"},
           Row{"storage.modify:/p", "LMUONVRC", "MN"},
           Row{"storage.stage:/p", "LMDS", "M"},
           Row{"storage.poll:/p", "M", "M"},
           Row{"read:/p", "LMD", "M"},
           Row{"write:/p", "LMUONVRC", "MN"},
           Row{"https://scitokens.org/v1/authz/read:/p", "LMD", "M"},
           Row{"https://scitokens.org/v1/authz/write:/p", "LMUONVRC", "MN"},
           Row{"compute.read", "", ""},
           Row{"compute.modify", "", ""},
           Row{"queue", "", ""},
           Row{"execute", "", ""},
           Row{"storage.fly:/p", "", ""},
           Row{"openid", "", ""},
       }) {
    Token token = token_with({row.word});
    EXPECT_EQ(allowed(token, "/p"), row.at_and_below) << row.word;
    EXPECT_EQ(allowed(token, "/p/q/r"), row.at_and_below) << row.word;
    EXPECT_EQ(allowed(token, "/"), row.above) << row.word;
    for (std::string_view other : {"/pq", "/o", "/P", "/o/p"})
      EXPECT_EQ(allowed(token, other), "") << row.word << other;
  }
}

TEST(Scopes, WordsOfSciTokensAreTheirsAlone) {
  Token wlcg =
      token_with({"read:/p", "write:/p", "read", "https://scitokens.org/v1/authz/write:/p"}, "/",
                 ScopeWords::storage);
  EXPECT_TRUE(wlcg.scopes.empty());
  EXPECT_EQ(allowed(token_with({"read"}), "/x/y"), "LMD");
  EXPECT_EQ(allowed(token_with({"write"}), "/"), "LMUONVRC");
  EXPECT_EQ(allowed(token_with({"reading:/p", "readme", "storage.readx:/p"}), "/p"), "");
}

// A token with a word of storage is never one that tells only who somebody is.
TEST(Scopes, UnknownWordOfStorageStaysAScope) {
  EXPECT_EQ(token_with({"storage.fly:/p"}).scopes.size(), 1U);
  EXPECT_TRUE(token_with({"openid", "offline_access", "compute.create"}).scopes.empty());
}

TEST(Scopes, RightsOfSeveralAddUp) {
  Token token = token_with({"storage.read:/", "storage.create:/up"});
  EXPECT_EQ(allowed(token, "/up/new"), "LMDUNC");
  EXPECT_EQ(allowed(token, "/other"), "LMD");
}

TEST(Scopes, PathsGoBelowThePrefix) {
  EXPECT_EQ(token_with({"storage.read:/store"}, "/cms").scopes[0].path, "/cms/store");
  EXPECT_EQ(token_with({"storage.read:/"}, "/cms").scopes[0].path, "/cms");
  EXPECT_EQ(token_with({"read"}, "/cms").scopes[0].path, "/cms");
  EXPECT_EQ(token_with({"storage.read:/"}, "/").scopes[0].path, "/");
  Token token = token_with({"storage.modify:/"}, "/cms");
  EXPECT_EQ(allowed(token, "/cms/x"), "LMUONVRC");
  EXPECT_EQ(allowed(token, "/atlas"), "");
  EXPECT_EQ(allowed(token, "/cmsx"), "");
  EXPECT_EQ(allowed(token, "/"), "MN");
}

TEST(Scopes, PathsAreReadOnce) {
  struct Row {
    std::string_view path;
    std::string_view normal;  // empty: refused
  };
  for (const Row& row :
       {Row{"/a/b", "/a/b"}, Row{"/a/b/", "/a/b"},   Row{"//a///b", "/a/b"}, Row{"/./a/.", "/a"},
        Row{"/%61", "/a"},   Row{"/a%20b", "/a b"},  Row{"/a+b", "/a+b"},    Row{"/%2561", "/%61"},
        Row{"/%2e/a", "/a"}, Row{"/...", "/..."},    Row{"/a..b", "/a..b"},  Row{"/..", ""},
        Row{"/a/../b", ""},  Row{"/a/..", ""},       Row{"/%2e%2e/b", ""},   Row{"/.%2E/b", ""},
        Row{"/a%2fb", ""},   Row{"/a%2F..%2fb", ""}, Row{"/%00", ""},        Row{"/a%0ab", ""},
        Row{"/%", ""},       Row{"/%4", ""},         Row{"/%zz", ""},        Row{"", ""},
        Row{"a", ""},        Row{"./a", ""},         Row{"~/a", ""}}) {
    auto path = normal_encoded_path(row.path);
    EXPECT_EQ(path ? *path : "", row.normal) << row.path;
    std::vector<Scope> scopes;
    auto read = append_scope(scopes, "storage.read:" + std::string(row.path), "/", {});
    EXPECT_EQ(read.has_value(), !row.normal.empty()) << row.path;
  }
  EXPECT_FALSE(normal_encoded_path("/" + std::string(max_scope_path, 'a')));
  EXPECT_EQ(normal_path("/a%2fb").value_or(""), "/a%2fb");
}

TEST(Scopes, OnlyNormalPathsAreAllowed) {
  Token token = token_with({"storage.modify:/foo"});
  EXPECT_TRUE(allows(token, Activity::upload, "/foo/bar"));
  for (std::string_view path : {"/foo/../etc", "/foo/..", "/foo/", "//foo", "/foo//x", "/foo/./x",
                                "foo", "", "/foo/x/..", "/foo/."}) {
    EXPECT_EQ(allowed(token, path), "") << path;
  }
  Token everything = token_with({"storage.modify:/"});
  EXPECT_EQ(allowed(everything, "/.."), "");
  EXPECT_EQ(allowed(everything, ""), "");
}

TEST(Scopes, NothingIsMovedOverParents) {
  Token token = token_with({"storage.modify:/a/b"});
  EXPECT_TRUE(allows(token, Activity::manage, "/a"));
  EXPECT_FALSE(allows(token, Activity::move_to, "/a"));
  EXPECT_TRUE(allows(token, Activity::move_to, "/a/b/c"));
  EXPECT_FALSE(allows(token, Activity::move_to, "/a/b/../c"));
  EXPECT_FALSE(allows(token_with({"storage.read:/a"}), Activity::move_to, "/a/c"));
}

}  // namespace
}  // namespace sluice::auth
