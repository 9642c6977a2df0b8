// SPDX-License-Identifier: Apache-2.0
#include "door/rights.h"

#include "catalogue/acl.h"

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

// --- access control lists: what they leave open the mode decides ---

catalogue::SharedAcl acl(std::string_view text) {
  return std::make_shared<const catalogue::Acl>(catalogue::Acl::parse(text).value());
}

struct Lists {
  std::string_view directory = {};
  std::string_view file = {};
};

Walk walk_of(const Lists& lists, std::uint32_t directory, std::optional<std::uint32_t> file = {}) {
  Walk walk = walk_of(directory, file);
  if (!lists.directory.empty()) walk.passed.back().acl = acl(lists.directory);
  if (file && !lists.file.empty()) walk.entry->acl = acl(lists.file);
  if (!file) walk.missing = {"f"};
  return walk;
}

bool may(const Principal& who, Activity activity, const Walk& walk) {
  return check_rights(who, activity, walk, "/d/f").has_value();
}

const Principal jane = account(2, {10, 20});
const Principal joe = account(3, {30});

TEST(RightsByAcl, an_entry_gives_what_the_mode_does_not) {
  EXPECT_TRUE(may(joe, Activity::download, walk_of({.file = "A::3:r"}, 0755, 0600)));
  EXPECT_TRUE(may(joe, Activity::download, walk_of({.file = "A:g:30:r"}, 0755, 0600)));
  EXPECT_FALSE(may(joe, Activity::download, walk_of({.file = "A::2:r"}, 0755, 0600)));
  EXPECT_FALSE(may(joe, Activity::overwrite, walk_of({.file = "A::3:r"}, 0755, 0600)));
  EXPECT_TRUE(may(joe, Activity::overwrite, walk_of({.file = "A::3:w"}, 0755, 0600)));
  EXPECT_TRUE(may(joe, Activity::list, walk_of({.file = "A::3:r"}, 0755, 0700)));
  EXPECT_TRUE(may(joe, Activity::stage, walk_of({.file = "A::3:r"}, 0755, 0600)));
}

TEST(RightsByAcl, an_entry_takes_what_the_mode_gives) {
  EXPECT_FALSE(may(joe, Activity::download, walk_of({.file = "D::3:r"}, 0777, 0666)));
  EXPECT_TRUE(may(jane, Activity::download, walk_of({.file = "D::3:r"}, 0777, 0666)));
  EXPECT_FALSE(may(jane, Activity::download, walk_of({.file = "D:g:20:r,A::2:r"}, 0777, 0666)));
  EXPECT_TRUE(may(jane, Activity::download, walk_of({.file = "A::2:r,D:g:20:r"}, 0777, 0600)));
  const Principal owner = account(1, {10});
  EXPECT_FALSE(may(owner, Activity::overwrite, walk_of({.file = "D::OWNER@:w"}, 0777, 0666)));
}

TEST(RightsByAcl, directories_are_passed_by_their_lists) {
  EXPECT_FALSE(may(joe, Activity::read_meta, walk_of({.directory = "D::3:x"}, 0777, 0666)));
  EXPECT_TRUE(may(joe, Activity::read_meta, walk_of({.directory = "A::3:x"}, 0700, 0000)));
  // r of a directory is to list it, and nothing more.
  EXPECT_FALSE(may(joe, Activity::read_meta, walk_of({.directory = "A::3:r"}, 0700, 0644)));
}

TEST(RightsByAcl, files_and_directories_are_made_by_different_rights) {
  const Lists files{.directory = "A::3:wx"};
  const Lists directories{.directory = "A::3:ax"};
  EXPECT_TRUE(may(joe, Activity::upload, walk_of(files, 0700)));
  EXPECT_TRUE(may(joe, Activity::move_to, walk_of(files, 0700)));
  EXPECT_FALSE(may(joe, Activity::manage, walk_of(files, 0700)));
  EXPECT_TRUE(may(joe, Activity::manage, walk_of(directories, 0700)));
  EXPECT_FALSE(may(joe, Activity::upload, walk_of(directories, 0700)));
  EXPECT_FALSE(may(joe, Activity::overwrite, walk_of(directories, 0700)));  // of what is not there
}

// Directories on the way to a new file are made, and may inherit that they take none.
TEST(RightsByAcl, what_would_be_inherited_on_the_way_counts) {
  const auto deep = [](std::string_view directory) {
    Walk walk = walk_of({.directory = directory}, 0700);
    walk.missing = {"a", "b", "f"};
    return walk;
  };
  EXPECT_TRUE(may(joe, Activity::upload, deep("A::3:ax")));
  EXPECT_FALSE(may(joe, Activity::upload, deep("A::3:wx")));
  EXPECT_FALSE(may(joe, Activity::upload, deep("A::3:ax,D:di:3:a")));
  EXPECT_FALSE(may(joe, Activity::upload, deep("A::3:ax,D:di:EVERYONE@:w")));
  EXPECT_FALSE(may(joe, Activity::upload, deep("A::3:ax,D:di:OWNER@:w")));  // whose it would be
  EXPECT_TRUE(may(joe, Activity::upload, deep("A::3:ax,D:di:2:w")));
  EXPECT_TRUE(may(joe, Activity::upload, deep("A::3:ax,D:fi:3:aw")));
  EXPECT_TRUE(may(joe, Activity::manage, deep("A::3:ax,D:di:3:w")));
  EXPECT_FALSE(may(joe, Activity::manage, deep("A::3:ax,D:di:3:a")));
}

// RFC 7530, 6.2.1.3.2.
TEST(RightsByAcl, either_the_directory_or_the_entry_lets_it_be_removed) {
  const auto removes = [](const Lists& lists, std::uint32_t mode) {
    return may(joe, Activity::remove, walk_of(lists, mode, 0644));
  };
  EXPECT_TRUE(removes({.directory = "A::3:D"}, 0755));
  EXPECT_TRUE(removes({.file = "A::3:d"}, 0755));
  EXPECT_TRUE(removes({.directory = "A::3:D", .file = "D::3:d"}, 0755));
  EXPECT_TRUE(removes({.directory = "D::3:D", .file = "A::3:d"}, 0755));
  EXPECT_FALSE(removes({.directory = "D::3:D"}, 0777));
  EXPECT_FALSE(removes({.file = "D::3:d"}, 0777));
  EXPECT_TRUE(removes({.directory = "A::3:w"}, 0755));  // who makes entries removes them
  EXPECT_FALSE(removes({.directory = "D::3:w"}, 0777));
  EXPECT_TRUE(removes({.directory = "D::2:D", .file = "D::2:d"}, 0777));
}

TEST(RightsByAcl, attributes_and_mode_take_all_three) {
  const auto changes = [](std::string_view file) {
    return may(joe, Activity::update_meta, walk_of({.file = file}, 0755, 0666));
  };
  EXPECT_TRUE(changes("A::3:TNC"));
  EXPECT_TRUE(changes("A::3:W"));
  EXPECT_FALSE(changes("A::3:TN"));
  EXPECT_FALSE(changes("A::3:rwx"));
  const Principal owner = account(1, {10});
  EXPECT_TRUE(may(owner, Activity::update_meta, walk_of({.file = "D::3:TNC"}, 0755, 0400)));
  EXPECT_FALSE(may(owner, Activity::update_meta, walk_of({.file = "D::1:C"}, 0755, 0400)));
}

TEST(RightsByAcl, who_is_beyond_the_namespace_is_not_asked) {
  const Walk closed = walk_of({.directory = "D::EVERYONE@:rwaxdD"}, 0000, 0000);
  Principal super = account(3, {});
  super.is_superuser = true;
  EXPECT_TRUE(may(super, Activity::download, closed));
  Principal scoped = account(3, {});
  auto token = std::make_shared<auth::Token>();
  token->scopes.emplace_back();
  scoped.token = token;
  EXPECT_TRUE(may(scoped, Activity::download, closed));
  EXPECT_FALSE(
      may(Principal{}, Activity::download, walk_of({.file = "D::EVERYONE@:r"}, 0777, 0777)));
  EXPECT_TRUE(
      may(Principal{}, Activity::download, walk_of({.file = "A::EVERYONE@:r"}, 0755, 0000)));
}

TEST(Principal, whoever_has_no_account_leaves_the_owner_of_the_directory) {
  Principal nobody;
  EXPECT_EQ(nobody.owner_in(5, 6), (std::pair<std::int64_t, std::int64_t>{5, 6}));
  EXPECT_EQ(account(1, {10}).owner_in(5, 6), (std::pair<std::int64_t, std::int64_t>{1, 10}));
  EXPECT_EQ(account(1, {}).owner_in(5, 6), (std::pair<std::int64_t, std::int64_t>{1, 6}));
}

}  // namespace
}  // namespace sluice::door
