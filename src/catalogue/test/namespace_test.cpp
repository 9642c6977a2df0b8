// SPDX-License-Identifier: Apache-2.0
#include "catalogue/namespace.h"

#include "catalogue/test/fixture.h"

#include <thread>

namespace sluice::catalogue {
namespace {

class NamespaceTest : public CatalogueTest {};
INSTANTIATE_TEST_SUITE_P(Engines, NamespaceTest, both_engines, engine_name);

TEST_P(NamespaceTest, RootIsThere) {
  Entry root = names.lookup("/").value();
  EXPECT_EQ(root.id, root_directory);
  EXPECT_TRUE(root.is_directory());
  EXPECT_TRUE(names.list(root_directory, "", 10).value().entries.empty());
  EXPECT_TRUE(names.walk("/").value().passed.empty());
}

TEST_P(NamespaceTest, DirectoriesKeepWhatTheyWereMadeWith) {
  Entry made =
      names
          .make_directory(root_directory, "vo",
                          {.mode = 02770, .owner = 1'000, .group = 99, .storage_class = "tape"})
          .value();
  Entry found = names.lookup("/vo").value();
  EXPECT_EQ(found.id, made.id);
  EXPECT_EQ(found.parent, root_directory);
  EXPECT_EQ(found.name, "vo");
  EXPECT_EQ(found.mode, 02770U);
  EXPECT_EQ(found.owner, 1'000);
  EXPECT_EQ(found.group, 99);
  EXPECT_EQ(found.storage_class, "tape");
  EXPECT_GT(found.born_ns, 0);
  EXPECT_EQ(found.born_ns, found.modified_ns);
  EXPECT_EQ(names.make_directory(made.id, "inner", {}).value().storage_class, "tape");
}

TEST_P(NamespaceTest, MakeErrors) {
  Entry a = directory("/a");
  EXPECT_EQ(code_of(names.make_directory(root_directory, "a", {})), Errc::exists);
  EXPECT_EQ(code_of(names.make_directory(FileId{4711}, "a", {})), Errc::not_found);
  ASSERT_TRUE(names.make_link(a.id, "l", "/a", {}));
  Entry link = names.lookup("/a/l", LastLink::itself).value();
  EXPECT_EQ(code_of(names.make_directory(link.id, "b", {})), Errc::not_file);
  EXPECT_EQ(code_of(names.make_path(a.id, {"l", "b"}, {})), Errc::not_file);
}

TEST_P(NamespaceTest, LocateBringsTheReplicas) {
  Entry d = directory("/a/b");
  const PoolId p2 = pool("pool2");
  const PoolId p1 = pool();
  Entry file = upload(d.id, "f", 10).value();
  ASSERT_TRUE(catalogue->replicas().add(file.id, p2));
  ASSERT_TRUE(names.make_link(root_directory, "l", "a/b/f", {}));
  for (const char* path : {"/a/b/f", "/l"}) {
    Located found = names.locate(path).value();
    EXPECT_EQ(found.walk.entry.value().id, file.id);
    ASSERT_EQ(found.replicas.size(), 2U);
    EXPECT_EQ(found.replicas[0].pool, p2);
    EXPECT_EQ(found.replicas[0].state, ReplicaState::created);
    EXPECT_EQ(found.replicas[1].pool, p1);
    EXPECT_EQ(found.replicas[1].state, ReplicaState::online);
    EXPECT_EQ(found.replicas[1].file, file.id);
    EXPECT_EQ(found.replicas[1].size, 10U);
  }
  EXPECT_EQ(names.locate("/a/b/f").value().walk.passed.size(), 3U);
  EXPECT_TRUE(names.locate("/l", LastLink::itself).value().walk.entry->is_link());
  EXPECT_TRUE(names.locate("/l", LastLink::itself).value().replicas.empty());
  EXPECT_EQ(names.locate("/").value().walk.entry->id, root_directory);
  Located missing = names.locate("/a/b/g").value();
  EXPECT_FALSE(missing.walk.entry);
  EXPECT_EQ(missing.walk.missing, std::vector<std::string>{"g"});
  EXPECT_TRUE(missing.replicas.empty());
}

TEST_P(NamespaceTest, LocateBeyondOneStatement) {
  std::string path;
  for (int i = 0; i < 20; ++i) path += "/d";
  Entry file = upload(directory(path).id, "f", 10).value();
  Located found = names.locate(path + "/f").value();
  EXPECT_EQ(found.walk.entry.value().id, file.id);
  EXPECT_EQ(found.walk.passed.size(), 21U);
  EXPECT_EQ(found.replicas.size(), 1U);
}

TEST_P(NamespaceTest, WalkTellsHowFarThePathGoes) {
  Entry b = directory("/a/b");
  Walk walk = names.walk("/a/b/c/d").value();
  EXPECT_FALSE(walk.entry);
  EXPECT_EQ(walk.missing, (std::vector<std::string>{"c", "d"}));
  ASSERT_EQ(walk.passed.size(), 3U);
  EXPECT_EQ(walk.passed[0].id, root_directory);
  EXPECT_EQ(walk.passed[2].id, b.id);
  EXPECT_EQ(code_of(names.lookup("/a/x")), Errc::not_found);
  EXPECT_EQ(code_of(names.lookup("a")), Errc::invalid_argument);
}

TEST_P(NamespaceTest, DeepPathsTakeSeveralSteps) {
  for (std::size_t depth : {15U, 16U, 17U, 32U, 33U, 100U}) {
    std::string path = "/" + std::to_string(depth);
    while (names_of_path(path).value().size() < depth) path += "/d";
    Entry made = directory(path);
    Walk walk = names.walk(path).value();
    ASSERT_TRUE(walk.entry) << depth;
    EXPECT_EQ(walk.entry->id, made.id);
    EXPECT_EQ(walk.passed.size(), depth);
    EXPECT_EQ(names.path_of(made.id).value(), path);
    EXPECT_EQ(names.walk(path + "/x").value().missing, std::vector<std::string>{"x"});
  }
}

TEST_P(NamespaceTest, LinksAreFollowed) {
  Entry data = directory("/site/data/run1");
  directory("/vo");
  Entry vo = names.lookup("/vo").value();
  ASSERT_TRUE(names.make_link(vo.id, "absolute", "/site/data", {}));
  ASSERT_TRUE(names.make_link(vo.id, "relative", "../site/./data/", {}));
  ASSERT_TRUE(names.make_link(vo.id, "up", "../..", {}));
  EXPECT_EQ(names.lookup("/vo/absolute/run1").value().id, data.id);
  EXPECT_EQ(names.lookup("/vo/relative/run1").value().id, data.id);
  EXPECT_EQ(names.lookup("/vo/up").value().id, root_directory);
  EXPECT_EQ(names.lookup("/vo/up/site/data/run1").value().id, data.id);
  EXPECT_EQ(names.lookup("/vo/absolute").value().name, "data");
  Entry link = names.lookup("/vo/absolute", LastLink::itself).value();
  EXPECT_TRUE(link.is_link());
  EXPECT_EQ(link.target, "/site/data");
}

TEST_P(NamespaceTest, CirclesOfLinksEnd) {
  ASSERT_TRUE(names.make_link(root_directory, "a", "/b", {}));
  ASSERT_TRUE(names.make_link(root_directory, "b", "a", {}));
  EXPECT_EQ(code_of(names.lookup("/a")), Errc::invalid_argument);
  EXPECT_EQ(code_of(names.lookup("/a/x")), Errc::invalid_argument);
  EXPECT_EQ(code_of(names.make_link(root_directory, "c", "", {})), Errc::invalid_argument);
}

TEST_P(NamespaceTest, RemoveAndRemoveDirectory) {
  Entry a = directory("/a");
  ASSERT_TRUE(names.make_link(a.id, "l", "x", {}));
  EXPECT_EQ(code_of(names.remove_directory(root_directory, "a")), Errc::exists);
  EXPECT_EQ(code_of(names.remove(root_directory, "a")), Errc::is_directory);
  EXPECT_EQ(code_of(names.remove_directory(a.id, "l")), Errc::not_file);
  EXPECT_EQ(code_of(names.remove(a.id, "none")), Errc::not_found);
  EXPECT_EQ(code_of(names.remove_directory(a.id, "none")), Errc::not_found);
  EXPECT_TRUE(names.remove(a.id, "l"));
  EXPECT_TRUE(names.remove_directory(root_directory, "a"));
  EXPECT_EQ(code_of(names.lookup("/a")), Errc::not_found);
}

TEST_P(NamespaceTest, IdsAreNeverUsedTwice) {
  Entry first = directory("/a");
  ASSERT_TRUE(names.remove_directory(root_directory, "a"));
  EXPECT_GT(directory("/a").id, first.id);
}

TEST_P(NamespaceTest, Rename) {
  Entry ab = directory("/a/b");
  Entry c = directory("/c");
  Entry deep = directory("/a/b/deep");
  Entry moved = names.rename(ab.parent, "b", c.id, "renamed").value();
  EXPECT_EQ(moved.id, ab.id);
  EXPECT_EQ(names.lookup("/c/renamed/deep").value().id, deep.id);
  EXPECT_EQ(code_of(names.lookup("/a/b")), Errc::not_found);
  EXPECT_EQ(code_of(names.rename(root_directory, "a", root_directory, "c")), Errc::exists);
  EXPECT_EQ(code_of(names.rename(root_directory, "x", c.id, "x")), Errc::not_found);
  EXPECT_EQ(code_of(names.rename(root_directory, "a", FileId{4711}, "x")), Errc::not_found);
  EXPECT_TRUE(names.rename(root_directory, "c", root_directory, "c"));
}

TEST_P(NamespaceTest, DirectoryCannotMoveBelowItself) {
  Entry a = directory("/a");
  Entry b = directory("/a/b");
  EXPECT_EQ(code_of(names.rename(root_directory, "a", a.id, "a")), Errc::invalid_argument);
  EXPECT_EQ(code_of(names.rename(root_directory, "a", b.id, "a")), Errc::invalid_argument);
  EXPECT_EQ(names.lookup("/a/b").value().id, b.id);
}

TEST_P(NamespaceTest, CrossingMovesMakeNoCircle) {
  for (int round = 0; round < 20; ++round) {
    const std::string top = "/r" + std::to_string(round);
    Entry r = directory(top);
    Entry a = directory(top + "/a");
    Entry b = directory(top + "/b");
    std::atomic<int> moved = 0;
    {
      std::jthread one([&] { moved += names.rename(r.id, "a", b.id, "a").has_value(); });
      std::jthread two([&] { moved += names.rename(r.id, "b", a.id, "b").has_value(); });
    }
    ASSERT_EQ(moved, 1);
    EXPECT_EQ(names.path_of(a.id).value().substr(0, top.size()), top);
  }
}

TEST_P(NamespaceTest, OneOfManyWinsAName) {
  for (int round = 0; round < 10; ++round) {
    const std::string name = "n" + std::to_string(round);
    std::atomic<int> won = 0;
    std::atomic<int> lost = 0;
    std::vector<std::jthread> racers;
    for (int i = 0; i < 4; ++i) {
      racers.emplace_back([&] {
        auto made = names.make_directory(root_directory, name, {});
        if (made) {
          ++won;
        } else if (made.error().code == Errc::exists) {
          ++lost;
        }
      });
    }
    racers.clear();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 3);
  }
}

TEST_P(NamespaceTest, RemovalRacesWithCreation) {
  for (int round = 0; round < 30; ++round) {
    Entry d = directory("/d");
    Result<Entry> made = fail(Errc::server);
    Status removed;
    {
      std::jthread one([&] { made = names.make_directory(d.id, "x", {}); });
      std::jthread two([&] { removed = names.remove_directory(root_directory, "d"); });
    }
    ASSERT_NE(made.has_value(), removed.has_value());
    if (made) {
      EXPECT_EQ(removed.error().code, Errc::exists);
      ASSERT_TRUE(names.remove_directory(d.id, "x"));
      ASSERT_TRUE(names.remove_directory(root_directory, "d"));
    } else {
      EXPECT_EQ(made.error().code, Errc::not_found);
    }
  }
}

TEST_P(NamespaceTest, ChangeOnlyWhatIsGiven) {
  Entry before = names.make_directory(root_directory, "d", {.mode = 0700, .owner = 5}).value();
  Entry after = names.change(before.id, {.mode = 0644, .modified_ns = 77}).value();
  EXPECT_EQ(after.mode, 0644U);
  EXPECT_EQ(after.modified_ns, 77);
  EXPECT_EQ(after.owner, 5);
  EXPECT_GT(after.changed_ns, before.changed_ns);
  after = names.change(before.id, {.owner = 6, .group = 7, .storage_class = "disk"}).value();
  EXPECT_EQ(after.owner, 6);
  EXPECT_EQ(after.group, 7);
  EXPECT_EQ(after.storage_class, "disk");
  EXPECT_EQ(after.modified_ns, 77);
  EXPECT_EQ(code_of(names.change(FileId{4711}, {.mode = 1})), Errc::not_found);
}

TEST_P(NamespaceTest, DirectoriesTellThatTheyChanged) {
  Entry d = directory("/d");
  clock.pass(5'000'000'000);
  ASSERT_TRUE(names.make_directory(d.id, "x", {}));
  const std::int64_t told = names.stat(d.id).value().modified_ns;
  EXPECT_GT(told, d.modified_ns);
  ASSERT_TRUE(names.make_directory(d.id, "y", {}));  // within the same second
  EXPECT_EQ(names.stat(d.id).value().modified_ns, told);
}

TEST_P(NamespaceTest, HostileNames) {
  const std::vector<std::string> good = {"'; DROP TABLE entry; --",
                                         "\"quoted\"",
                                         "100%_%",
                                         "back\\slash",
                                         "$1 :name ?1 {identity}",
                                         "\xC3\xA9\xF0\x9F\x90\x9F\xE2\x80\xAE",
                                         " blank ",
                                         "...",
                                         std::string(255, 'n'),
                                         "NULL"};
  for (const std::string& name : good) {
    Entry made = names.make_directory(root_directory, name, {}).value();
    EXPECT_EQ(names.lookup("/" + name).value().id, made.id) << name;
  }
  std::vector<std::string> listed;
  const Page page = names.list(root_directory, "", 100).value();
  for (const Entry& entry : page.entries) listed.push_back(entry.name);
  std::vector<std::string> sorted = good;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(listed, sorted);
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"),
        std::string("a\0b", 3), std::string("a\nb"), std::string("\xFF"), std::string("\xC0\xAF"),
        std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80"),
        std::string("cut \xE2\x80")}) {
    EXPECT_EQ(code_of(names.make_directory(root_directory, name, {})), Errc::invalid_argument);
  }
  EXPECT_EQ(code_of(names.make_directory(root_directory, std::string(256, 'n'), {})),
            Errc::too_long);
  EXPECT_EQ(code_of(names.lookup("/" + std::string(5'000, '/'))), Errc::too_long);
}

TEST_P(NamespaceTest, ChecksumsAreAddedByType) {
  Entry file = upload(root_directory, "f", 5).value();
  ASSERT_TRUE(names.add_checksums(file.id, {{"md5", "00ff"}, {"adler32", "0a1b2c3d"}}));
  ASSERT_TRUE(names.add_checksums(file.id, {{"md5", "11ff"}}));
  EXPECT_EQ(names.stat(file.id).value().checksums,
            (Checksums{{"adler32", "0a1b2c3d"}, {"md5", "11ff"}}));
  EXPECT_EQ(code_of(names.add_checksums(file.id, {{"md5 x", "1"}})), Errc::invalid_argument);
  EXPECT_EQ(code_of(names.add_checksums(root_directory, {{"md5", "1"}})), Errc::not_file);
}

TEST_P(NamespaceTest, ChecksumsOfAReplicaCompleteWhatIsKnown) {
  Entry file = upload(root_directory, "f", 5).value();
  ASSERT_TRUE(names.add_checksums(file.id, {{"md5", "00ff"}}));
  const Checksums computed{{"adler32", "0a1b2c3d"}, {"md5", "11ff"}};
  EXPECT_EQ(code_of(names.complete_checksums(file.id, 6, computed)), Errc::conflict);
  const Entry after = names.complete_checksums(file.id, 5, computed).value();
  EXPECT_EQ(after.checksums, (Checksums{{"adler32", "0a1b2c3d"}, {"md5", "00ff"}}));
  EXPECT_EQ(names.stat(file.id).value().checksums, after.checksums);
  EXPECT_EQ(names.complete_checksums(file.id, 5, {{"md5", "22ff"}}).value().changed_ns,
            after.changed_ns);
  ASSERT_TRUE(names.remove(root_directory, "f"));
  EXPECT_EQ(code_of(names.complete_checksums(file.id, 5, computed)), Errc::not_found);
}

// One statement makes the directory, so that the time goes into listing it.
TEST_P(NamespaceTest, HundredThousandEntriesInPages) {
  constexpr std::size_t total = 100'000;
  Entry d = directory("/large");
  auto session = sql::Session::connect(sql::parse_address(config.url).value(), Duration{5'000});
  ASSERT_TRUE((*session)->run_once(
      "INSERT INTO entry (parent, upload, name, kind, mode, owner_id, group_id, size, modified, "
      "changed, accessed, "
      "born, storage_class, checksums, target) "
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
      "SELECT e.id, 0, 'file' || n.i, 0, 420, 0, 0, n.i, 0, 0, 0, 0, '', '', '' "
      "FROM n JOIN entry e ON e.name = 'large'"));
  std::size_t seen = 0;
  std::string after;
  for (bool last = false; !last;) {
    Page page = names.list(d.id, after, 1'000).value();
    ASSERT_LE(page.entries.size(), 1'000U);
    ASSERT_FALSE(page.entries.empty());
    for (const Entry& entry : page.entries) {
      ASSERT_LT(after, entry.name);
      after = entry.name;
      ++seen;
    }
    last = page.is_last;
  }
  EXPECT_EQ(seen, total);
  EXPECT_EQ(names.list(d.id, "", 10 * max_page).value().entries.size(), max_page);
}

TEST_P(NamespaceTest, PagesFollowTheBytesOfTheNames) {
  Entry d = directory("/d");
  for (const char* name : {"b", "B", "a", "_", "\xC3\xA9", "z", "a b", "a-b", "ab"}) {
    ASSERT_TRUE(names.make_directory(d.id, name, {}));
  }
  std::vector<std::string> listed;
  std::string after;
  for (bool last = false; !last;) {
    Page page = names.list(d.id, after, 2).value();
    EXPECT_LE(page.entries.size(), 2U);
    for (const Entry& entry : page.entries) listed.push_back(entry.name);
    after = listed.back();
    last = page.is_last;
  }
  EXPECT_EQ(listed,
            (std::vector<std::string>{"B", "_", "a", "a b", "a-b", "ab", "b", "z", "\xC3\xA9"}));
  EXPECT_EQ(code_of(names.list(FileId{4711}, "", 10)), Errc::not_found);
}

}  // namespace
}  // namespace sluice::catalogue
