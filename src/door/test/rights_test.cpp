// SPDX-License-Identifier: Apache-2.0
#include "door/policy.h"

#include <gtest/gtest.h>

namespace sluice::door {
namespace {

using catalogue::Walk;

// "/d/f": a directory of user 1, group 10, with a file of user 1, group 10.
Walk walk_of(std::uint32_t directory, std::optional<std::uint32_t> file = {}) {
  Walk walk;
  walk.passed = {{{1}, 0755, 0, 0}, {{2}, directory, 1, 10}};
  if (file) {
    walk.entry.emplace();
    walk.entry->mode = *file;
    walk.entry->owner = 1;
    walk.entry->group = 10;
  }
  return walk;
}

Principal account(std::int64_t user, std::vector<std::int64_t> groups) {
  Principal who;
  who.user = user;
  who.groups = std::move(groups);
  who.is_anonymous = false;
  return who;
}

Policy make(DoorConfig config = {}, bool is_local = true) {
  auto policy = Policy::make(config, is_local);
  if (!policy) throw std::runtime_error(policy.error().message());
  return *policy;
}

TEST(Policy, anonymous_clients_may_do_everything_on_loopback_and_nothing_elsewhere) {
  Policy local = make({}, true);
  EXPECT_TRUE(local.anonymous("x").is_superuser);
  EXPECT_TRUE(local.check_path(local.anonymous("x"), Activity::remove, "/a"));
  Policy open = make({}, false);
  EXPECT_FALSE(open.anonymous("x").is_superuser);
  EXPECT_EQ(open.check_path(open.anonymous("x"), Activity::read_meta, "/a").error().code,
            Errc::not_authorized);
}

struct Level {
  Anonymous anonymous;
  bool reads;
  bool changes;
};

class AnonymousLevel : public testing::TestWithParam<Level> {};

TEST_P(AnonymousLevel, decides_before_anything_is_looked_up) {
  DoorConfig config;
  config.anonymous = GetParam().anonymous;
  Policy policy = make(config, false);
  Principal who = policy.anonymous("x");
  for (Activity reading : {Activity::read_meta, Activity::list, Activity::download})
    EXPECT_EQ(policy.check_path(who, reading, "/a").has_value(), GetParam().reads);
  for (Activity change : {Activity::upload, Activity::overwrite, Activity::manage, Activity::remove,
                          Activity::update_meta})
    EXPECT_EQ(policy.check_path(who, change, "/a").has_value(), GetParam().changes);
}

INSTANTIATE_TEST_SUITE_P(All, AnonymousLevel,
                         testing::Values(Level{Anonymous::none, false, false},
                                         Level{Anonymous::read_only, true, false},
                                         Level{Anonymous::full, true, true}));

TEST(Policy, read_only_comes_before_everything_else) {
  DoorConfig config;
  config.read_only = true;
  Policy policy = make(config);
  EXPECT_EQ(policy.check_path(policy.anonymous("x"), Activity::upload, "/a").error().code,
            Errc::read_only);
  EXPECT_TRUE(policy.check_path(policy.anonymous("x"), Activity::download, "/a"));
}

TEST(Policy, lists_of_paths_match_whole_names) {
  DoorConfig config;
  config.read_paths = {"/data/", "/public"};
  config.write_paths = {"/data/in"};
  Policy policy = make(config);
  Principal who = policy.anonymous("x");
  auto reads = [&](std::string_view path) {
    return policy.check_path(who, Activity::download, path).has_value();
  };
  auto writes = [&](std::string_view path) {
    return policy.check_path(who, Activity::upload, path).has_value();
  };
  EXPECT_TRUE(reads("/data") && reads("/data/x") && reads("/public/x"));
  EXPECT_FALSE(reads("/") || reads("/database") || reads("/other"));
  EXPECT_TRUE(writes("/data/in") && writes("/data/in/x"));
  EXPECT_FALSE(writes("/data") || writes("/data/inn") || writes("/public/x"));
}

TEST(Policy, an_empty_list_allows_nothing) {
  DoorConfig config;
  config.write_paths = {};
  Policy policy = make(config);
  EXPECT_FALSE(policy.check_path(policy.anonymous("x"), Activity::upload, "/a"));
}

TEST(Policy, settings_that_mean_nothing_are_refused) {
  DoorConfig config;
  config.read_paths = {"data"};
  EXPECT_EQ(Policy::make(config, true).error().code, Errc::invalid_argument);
  for (const char* user : {"", "me", "12", "12:", ":3", "1:2,", "-1:2", "1:x"}) {
    DoorConfig other;
    other.anonymous_user = user;
    EXPECT_FALSE(Policy::make(other, true)) << user;
  }
  config = {};
  config.anonymous_user = "1000:100,101";
  Principal who = make(config).anonymous("x");
  EXPECT_EQ(who.user, 1000);
  EXPECT_EQ(who.groups, (std::vector<std::int64_t>{100, 101}));
}

// Mode bits of the class that the principal belongs to, and of no other, as POSIX has it.
TEST(Policy, rights_in_the_namespace_follow_the_mode) {
  Policy policy = make();
  Principal owner = account(1, {10});
  Principal member = account(2, {10});
  Principal other = account(3, {30});
  auto may = [&](const Principal& who, Activity activity, const Walk& walk) {
    return policy.check(who, activity, walk, "/d/f").has_value();
  };
  EXPECT_TRUE(may(owner, Activity::download, walk_of(0700, 0600)));
  EXPECT_FALSE(may(member, Activity::download, walk_of(0700, 0666)));  // cannot pass the directory
  EXPECT_TRUE(may(member, Activity::download, walk_of(0710, 0640)));
  EXPECT_FALSE(may(other, Activity::download, walk_of(0711, 0640)));
  EXPECT_FALSE(may(owner, Activity::download, walk_of(0777, 0077)));  // the owner's own bits count
  EXPECT_TRUE(may(other, Activity::read_meta, walk_of(0711, 0000)));
  EXPECT_TRUE(may(other, Activity::upload, walk_of(0713)));
  EXPECT_FALSE(may(member, Activity::upload, walk_of(0757)));
  EXPECT_TRUE(may(other, Activity::overwrite, walk_of(0755, 0646)));
  EXPECT_FALSE(may(other, Activity::remove, walk_of(0755, 0666)));
  EXPECT_TRUE(may(owner, Activity::update_meta, walk_of(0500, 0400)));
  EXPECT_FALSE(may(member, Activity::update_meta, walk_of(0777, 0777)));
}

TEST(Principal, whoever_has_no_account_leaves_the_owner_of_the_directory) {
  Principal nobody;
  EXPECT_EQ(nobody.owner_in(5, 6), (std::pair<std::int64_t, std::int64_t>{5, 6}));
  EXPECT_EQ(account(1, {10}).owner_in(5, 6), (std::pair<std::int64_t, std::int64_t>{1, 10}));
  EXPECT_EQ(account(1, {}).owner_in(5, 6), (std::pair<std::int64_t, std::int64_t>{1, 6}));
}

}  // namespace
}  // namespace sluice::door
