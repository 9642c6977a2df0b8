// SPDX-License-Identifier: Apache-2.0
#include "door/rights.h"

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

// Mode bits of the class that the principal belongs to, and of no other, as POSIX has it.
TEST(Rights, rights_in_the_namespace_follow_the_mode) {
  Principal owner = account(1, {10});
  Principal member = account(2, {10});
  Principal other = account(3, {30});
  auto may = [&](const Principal& who, Activity activity, const Walk& walk) {
    return check_rights(who, activity, walk, "/d/f").has_value();
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
