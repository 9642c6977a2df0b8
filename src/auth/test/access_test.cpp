// SPDX-License-Identifier: Apache-2.0
#include "auth/access/access.h"

#include "auth/token/scope.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sluice::auth {
namespace {

Principal named(std::string name) {
  Principal who;
  who.name = std::move(name);
  return who;
}

Access make(AccessConfig config = {}, bool is_local = true) {
  auto access = Access::make(config, is_local);
  if (!access) throw std::runtime_error(access.error().message());
  return *access;
}

TEST(Access, anonymous_clients_may_do_everything_on_loopback_and_nothing_elsewhere) {
  Access local = make({}, true);
  EXPECT_TRUE(local.anonymous(named("x")).is_superuser);
  EXPECT_TRUE(local.check(local.anonymous(named("x")), Activity::remove, "/a"));
  Access open = make({}, false);
  EXPECT_FALSE(open.anonymous(named("x")).is_superuser);
  EXPECT_EQ(open.check(open.anonymous(named("x")), Activity::read_meta, "/a").error().code,
            Errc::not_authorized);
}

struct Level {
  Anonymous anonymous;
  bool reads;
  bool changes;
};

class AnonymousLevel : public testing::TestWithParam<Level> {};

TEST_P(AnonymousLevel, decides_before_anything_is_looked_up) {
  AccessConfig config;
  config.anonymous = GetParam().anonymous;
  Access access = make(config, false);
  Principal who = access.anonymous(named("x"));
  for (Activity reading : {Activity::read_meta, Activity::list, Activity::download})
    EXPECT_EQ(access.check(who, reading, "/a").has_value(), GetParam().reads);
  for (Activity change : {Activity::upload, Activity::overwrite, Activity::manage, Activity::remove,
                          Activity::update_meta})
    EXPECT_EQ(access.check(who, change, "/a").has_value(), GetParam().changes);
}

INSTANTIATE_TEST_SUITE_P(All, AnonymousLevel,
                         testing::Values(Level{Anonymous::none, false, false},
                                         Level{Anonymous::read_only, true, false},
                                         Level{Anonymous::full, true, true}));

TEST(Access, read_only_comes_before_everything_else) {
  AccessConfig config;
  config.read_only = true;
  Access access = make(config);
  EXPECT_EQ(access.check(access.anonymous(named("x")), Activity::upload, "/a").error().code,
            Errc::read_only);
  EXPECT_TRUE(access.check(access.anonymous(named("x")), Activity::download, "/a"));
}

TEST(Access, lists_of_paths_match_whole_names) {
  AccessConfig config;
  config.read_paths = {"/data/", "/public"};
  config.write_paths = {"/data/in"};
  Access access = make(config);
  Principal who = access.anonymous(named("x"));
  auto reads = [&](std::string_view path) {
    return access.check(who, Activity::download, path).has_value();
  };
  auto writes = [&](std::string_view path) {
    return access.check(who, Activity::upload, path).has_value();
  };
  EXPECT_TRUE(reads("/data") && reads("/data/x") && reads("/public/x"));
  EXPECT_FALSE(reads("/") || reads("/database") || reads("/other"));
  EXPECT_TRUE(writes("/data/in") && writes("/data/in/x"));
  EXPECT_FALSE(writes("/data") || writes("/data/inn") || writes("/public/x"));
}

TEST(Access, an_empty_list_allows_nothing) {
  AccessConfig config;
  config.write_paths = {};
  Access access = make(config);
  EXPECT_FALSE(access.check(access.anonymous(named("x")), Activity::upload, "/a"));
}

TEST(Access, settings_that_mean_nothing_are_refused) {
  AccessConfig config;
  config.read_paths = {"data"};
  EXPECT_EQ(Access::make(config, true).error().code, Errc::invalid_argument);
  for (const char* user : {"", "me", "12", "12:", ":3", "1:2,", "-1:2", "1:x"}) {
    AccessConfig other;
    other.anonymous_user = user;
    EXPECT_FALSE(Access::make(other, true)) << user;
  }
  config = {};
  config.anonymous_user = "1000:100,101";
  Principal who = make(config).anonymous(named("x"));
  EXPECT_EQ(who.user, 1000);
  EXPECT_EQ(who.groups, (std::vector<std::int64_t>{100, 101}));
}

TEST(Access, the_scopes_of_a_token_decide_until_it_expires) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::system_clock::now();
  Token token;
  ASSERT_TRUE(append_scope(token.scopes, "storage.read:/a", "/", ScopeWords::storage));
  token.expires = now + 10s;
  AccessConfig config;
  config.anonymous = Anonymous::full;
  Access access = make(config);
  Principal who = access.anonymous(named("x"));
  EXPECT_TRUE(access.check(who, Activity::download, "/b", now));
  who.token = std::make_shared<const Token>(token);
  EXPECT_TRUE(access.check(who, Activity::download, "/a/f", now));
  EXPECT_FALSE(access.check(who, Activity::download, "/b", now));
  EXPECT_FALSE(access.check(who, Activity::upload, "/a/f", now));
  EXPECT_TRUE(access.check(who, Activity::download, "/a/f", now + 9s));
  EXPECT_EQ(access.check(who, Activity::download, "/a/f", now + 11s).error().code,
            Errc::not_authorized);
}

}  // namespace
}  // namespace sluice::auth
