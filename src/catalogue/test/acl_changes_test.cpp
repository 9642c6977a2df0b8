// SPDX-License-Identifier: Apache-2.0
// Access control lists in the database: kept, found on every way, inherited, and changed for whole trees.
#include "catalogue/acl.h"
#include "catalogue/sql/migrations.h"
#include "catalogue/test/fixture.h"

#include <fmt/format.h>

#include <chrono>

namespace sluice::catalogue {
namespace {

SharedAcl acl(std::string_view text) {
  return std::make_shared<const Acl>(Acl::parse(text).value());
}
std::string text_of(const SharedAcl& list) { return list ? list->text() : "none"; }

class AclChangesTest : public CatalogueTest {
 protected:
  std::string acl_of(const std::string& path) { return text_of(names.lookup(path).value().acl); }
  void set(const std::string& path, std::string_view text) {
    ASSERT_TRUE(names.set_acl(names.lookup(path).value().id, acl(text)));
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, AclChangesTest, both_engines, engine_name);

TEST_P(AclChangesTest, IsKeptAndFoundOnEveryWay) {
  const Entry a = directory("/a");
  const Entry b = directory("/a/b");
  const Entry f = upload(b.id, "f", 3).value();
  EXPECT_EQ(acl_of("/a/b"), "none");
  EXPECT_EQ(text_of(names.set_acl(a.id, acl("A:fd:1000:rx")).value().acl), "A:fd:1000:rx");
  set("/a/b/f", "D::7:r");
  catalogue.reset();
  const auto again = open();  // from the disk
  const Walk walk = again->names().walk("/a/b/f").value();
  ASSERT_EQ(walk.passed.size(), 3U);
  EXPECT_EQ(text_of(walk.passed[0].acl), "none");
  EXPECT_EQ(text_of(walk.passed[1].acl), "A:fd:1000:rx");
  EXPECT_EQ(text_of(walk.passed[2].acl), "none");
  EXPECT_EQ(text_of(walk.entry->acl), "D::7:r");
  EXPECT_EQ(text_of(again->names().stat(f.id).value().acl), "D::7:r");
  EXPECT_EQ(text_of(again->names().list(b.id, "", 10).value().entries.at(0).acl), "D::7:r");
  EXPECT_EQ(text_of(again->names().locate("/a/b/f").value().walk.passed[1].acl), "A:fd:1000:rx");
  EXPECT_EQ(text_of(again->names().walk("/a").value().entry->acl), "A:fd:1000:rx");
}

TEST_P(AclChangesTest, AlsoTheRootAndBeyondSixteenNames) {
  std::string path;
  for (int i = 0; i < 20; ++i) path += fmt::format("/{}", i);
  directory(path);
  set("/", "A::1:x");
  set("/0/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "A::2:x");
  set(path, "A::3:x");
  const Walk walk = names.walk(path).value();
  ASSERT_EQ(walk.passed.size(), 20U);
  EXPECT_EQ(text_of(walk.passed[0].acl), "A::1:x");
  EXPECT_EQ(text_of(walk.passed[17].acl), "A::2:x");
  EXPECT_EQ(text_of(walk.entry->acl), "A::3:x");
  EXPECT_EQ(acl_of("/"), "A::1:x");
}

TEST_P(AclChangesTest, ChangesReachWhatIsKeptInMemory) {
  const Entry a = directory("/a");
  ASSERT_TRUE(upload(a.id, "f", 3));
  const auto kept = [&] { return names.recall("/a/f"); };
  const auto keep = [&]() -> Located {  // a feed may need some time before anything is kept
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < limit) {
      if (auto found = kept()) return *found;
      EXPECT_TRUE(names.locate("/a/f"));
    }
    throw std::runtime_error("it is never kept");
  };
  EXPECT_EQ(text_of(keep().walk.passed.at(1).acl), "none");
  set("/a", "A::1:x");
  EXPECT_FALSE(kept());
  EXPECT_EQ(text_of(keep().walk.passed.at(1).acl), "A::1:x");
  set("/a/f", "A::2:r");
  EXPECT_FALSE(kept());
  EXPECT_EQ(text_of(keep().walk.entry->acl), "A::2:r");
  ASSERT_TRUE(names.set_acl_inside(a.id, "", 10, nullptr));
  EXPECT_FALSE(kept());
}

TEST_P(AclChangesTest, IsTakenAway) {
  const Entry a = directory("/a");
  set("/a", "A::1:x");
  const std::int64_t before = names.stat(a.id).value().changed_ns;
  EXPECT_EQ(text_of(names.set_acl(a.id, nullptr).value().acl), "none");
  EXPECT_EQ(acl_of("/a"), "none");
  EXPECT_GT(names.stat(a.id).value().changed_ns, before);
  EXPECT_EQ(code_of(names.set_acl({12345}, nullptr)), Errc::not_found);
}

TEST_P(AclChangesTest, AFileGetsWhatConcernsItself) {
  ASSERT_TRUE(upload(root_directory, "f", 3));
  set("/f", "A:fd:1:r,D:fi:2:r");
  EXPECT_EQ(acl_of("/f"), "A::1:r");
  EXPECT_EQ(code_of(names.set_acl(names.lookup("/f").value().id, acl("D:fi:2:r"))),
            Errc::invalid_argument);
}

TEST_P(AclChangesTest, NewEntriesTakeWhatTheirDirectoryHandsOn) {
  directory("/a");
  set("/a", "A:fd:1000:rx,D:fi:7:w,A:d:8:a,A:fdn:9:r,A::10:x");
  const Entry b = directory("/a/b/c/d");
  EXPECT_EQ(acl_of("/a/b"), "A:fd:1000:rx,D:fi:7:w,A:d:8:a,A::9:r");
  EXPECT_EQ(acl_of("/a/b/c"), "A:fd:1000:rx,D:fi:7:w,A:d:8:a");
  EXPECT_EQ(text_of(b.acl), "A:fd:1000:rx,D:fi:7:w,A:d:8:a");
  const Entry m = names.make_directory(names.lookup("/a").value().id, "m", {}).value();
  EXPECT_EQ(text_of(m.acl), acl_of("/a/m"));
  EXPECT_EQ(text_of(upload(names.lookup("/a").value().id, "f", 1).value().acl),
            "A::1000:rx,D::7:w,A::9:r");
  EXPECT_EQ(acl_of("/a/f"), "A::1000:rx,D::7:w,A::9:r");
  const Entry link = names.make_link(b.id, "l", "/a", {}).value();
  EXPECT_EQ(text_of(link.acl), "none");
  EXPECT_EQ(acl_of("/"), "none");
}

TEST_P(AclChangesTest, WhatHandsNothingOnLeavesNewEntriesWithout) {
  directory("/a");
  set("/a", "A::1000:rx");
  directory("/a/b");
  ASSERT_TRUE(upload(names.lookup("/a").value().id, "f", 1));
  EXPECT_EQ(acl_of("/a/b"), "none");
  EXPECT_EQ(acl_of("/a/f"), "none");
}

// Whatever it was when the upload began.
TEST_P(AclChangesTest, AFileTakesWhatHoldsWhenItAppears) {
  const Entry a = directory("/a");
  set("/a", "A:f:1:r");
  const Entry made = catalogue->uploads().begin(a.id, "f", {}).value();
  set("/a", "D:f:1:r");
  ASSERT_TRUE(catalogue->uploads().commit(made.id, {.pool = pool(), .size = 1}));
  EXPECT_EQ(acl_of("/a/f"), "D::1:r");
}

TEST_P(AclChangesTest, AReplacedFileKeepsItsList) {
  const Entry a = directory("/a");
  set("/a", "A:f:1:r");
  ASSERT_TRUE(upload(a.id, "f", 1));
  set("/a/f", "D::7:rw");
  ASSERT_TRUE(upload(a.id, "f", 2, {.replaces = true}));
  EXPECT_EQ(acl_of("/a/f"), "D::7:rw");
  EXPECT_EQ(names.lookup("/a/f").value().size, 2U);
  // One without a list takes what its directory hands on by now.
  ASSERT_TRUE(names.set_acl(names.lookup("/a/f").value().id, nullptr));
  ASSERT_TRUE(upload(a.id, "f", 3, {.replaces = true}));
  EXPECT_EQ(acl_of("/a/f"), "A::1:r");
}

TEST_P(AclChangesTest, GoesAlongWithAMove) {
  const Entry a = directory("/a");
  const Entry b = directory("/b");
  set("/b", "A:fd:1:r");
  ASSERT_TRUE(upload(a.id, "f", 1));
  set("/a/f", "D::7:rw");
  ASSERT_TRUE(names.rename(a.id, "f", b.id, "g"));
  EXPECT_EQ(acl_of("/b/g"), "D::7:rw");
}

TEST_P(AclChangesTest, OthersKeepTheirsThroughAChange) {
  const Entry a = directory("/a");
  set("/a", "A::1:r");
  ASSERT_TRUE(names.change(a.id, {.mode = 0700}));
  EXPECT_EQ(acl_of("/a"), "A::1:r");
}

TEST_P(AclChangesTest, WholeDirectoriesPageByPage) {
  const Entry a = directory("/a");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(upload(a.id, fmt::format("f{}", i), 1));
  directory("/a/d");
  ASSERT_TRUE(names.make_link(a.id, "l", "/", {}));
  set("/a/f4", "A::5:r");
  const SharedAcl list = acl("A:fd:1:r,D:di:2:a");
  std::string last;
  std::size_t pages = 0;
  for (bool more = true; more; ++pages) {
    const Page page = names.set_acl_inside(a.id, last, 3, list).value();
    for (const Entry& entry : page.entries)
      EXPECT_EQ(text_of(entry.acl), text_of(names.stat(entry.id).value().acl));
    if (!page.entries.empty()) last = page.entries.back().name;
    more = !page.is_last;
  }
  EXPECT_EQ(pages, 3U);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(acl_of(fmt::format("/a/f{}", i)), "A::1:r");
  EXPECT_EQ(acl_of("/a/d"), "A:fd:1:r,D:di:2:a");
  EXPECT_EQ(text_of(names.lookup("/a/l", LastLink::itself).value().acl), "none");
  EXPECT_EQ(acl_of("/a"), "none");
  ASSERT_TRUE(names.set_acl_inside(a.id, "", 100, acl("D:fi:2:r")));
  EXPECT_EQ(acl_of("/a/f0"), "none");  // nothing of it is for a file itself
  EXPECT_EQ(acl_of("/a/d"), "D:fi:2:r");
}

class AclMigrationTest : public EngineTest {};
INSTANTIATE_TEST_SUITE_P(Engines, AclMigrationTest, both_engines, engine_name);

// What the program before made has no lists, and takes them.
TEST_P(AclMigrationTest, EntriesOfTheVersionBeforeHaveNone) {
  constexpr std::size_t before = 8;
  {
    auto session =
        sql::Session::connect(sql::parse_address(config.url).value(), Duration{5'000}).value();
    ASSERT_TRUE(session->begin_write());
    ASSERT_TRUE(sql::migrate(*session, sql::embedded_migrations().first(before)));
    ASSERT_TRUE(session->run_once(
        "INSERT INTO entry (parent, upload, name, kind, mode, owner_id, group_id, size, modified, "
        "changed, accessed, born, storage_class, checksums, target) "
        "VALUES (1, 0, 'old', 1, 493, 0, 0, 0, 1, 1, 1, 1, '', '', '')"));
    ASSERT_TRUE(session->commit());
  }
  const auto catalogue = open();
  const Entry old = catalogue->names().lookup("/old").value();
  EXPECT_EQ(old.acl, nullptr);
  EXPECT_EQ(text_of(catalogue->names().set_acl(old.id, acl("A:d:1:r")).value().acl), "A:d:1:r");
  EXPECT_EQ(text_of(catalogue->names().make_directory(old.id, "new", {}).value().acl), "A:d:1:r");
}

// A repair by hand that went wrong opens nothing.
TEST_P(AclMigrationTest, WhatIsNoListDeniesEverything) {
  const auto catalogue = open();
  const Entry made = catalogue->names().make_directory(root_directory, "a", {}).value();
  ASSERT_TRUE(sql::Session::connect(sql::parse_address(config.url).value(), Duration{5'000})
                  .value()
                  ->run_once("UPDATE entry SET acl = 'A::joe:r' WHERE name = 'a'"));
  const Entry read = catalogue->names().stat(made.id).value();
  EXPECT_EQ(text_of(read.acl), Acl::closed().text());
}

}  // namespace
}  // namespace sluice::catalogue
