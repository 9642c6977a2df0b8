// SPDX-License-Identifier: Apache-2.0
// What is kept in memory is what the database says, after every kind of change, and whoever made it.
#include "catalogue/lookup_cache.h"

#include "catalogue/change_feed.h"
#include "catalogue/test/fixture.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

namespace sluice::catalogue {
namespace {

using Names = std::vector<std::string>;
constexpr Duration long_enough{60'000};

std::string describe(const Located& located) {
  std::string text;
  for (const Passed& passed : located.walk.passed) {
    text +=
        fmt::format("{}:{:o}:{}:{} ", passed.id.number, passed.mode, passed.owner, passed.group);
    if (passed.acl) text += passed.acl->text() + ' ';
  }
  const Entry& entry = *located.walk.entry;
  text += fmt::format("{} {} {} {:o} {} {} {} {} {}", entry.id.number, entry.parent.number,
                      entry.name, entry.mode, entry.owner, entry.size, entry.modified_ns,
                      entry.changed_ns, entry.storage_class);
  if (entry.acl) text += ' ' + entry.acl->text();
  for (const auto& [type, value] : entry.checksums) text += " " + type + "=" + value;
  for (const Replica& replica : located.replicas) {
    text += fmt::format(" {}:{}:{}", replica.pool.number, to_text(replica.state), replica.size);
  }
  return text;
}

Located located(FileId parent, FileId id, const std::string& name) {
  Located found;
  found.walk.passed = {{root_directory, 0755, 0, 0}};
  found.walk.entry.emplace();
  found.walk.entry->id = id;
  found.walk.entry->parent = parent;
  found.walk.entry->name = name;
  found.walk.may_be_kept = true;
  return found;
}

// --- alone ---

TEST(LookupCache, KeepsWhatWasRead) {
  LookupCache cache(100, long_enough);
  const Names names{"file"};
  EXPECT_FALSE(cache.recall(names));
  cache.keep(names, located(root_directory, {7}, "file"), cache.moment());
  const auto found = cache.recall(names);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->walk.entry->id, FileId{7});
  EXPECT_FALSE(cache.recall(Names{"other"}));
  EXPECT_EQ(cache.figures().hits, 1U);
  EXPECT_EQ(cache.figures().misses, 2U);
}

TEST(LookupCache, IsBounded) {
  LookupCache cache(64, long_enough);
  std::size_t kept = 0;
  for (std::int64_t i = 0; i < 10'000; ++i) {
    const Names names{std::to_string(i)};
    cache.keep(names, located(root_directory, {i + 10}, names[0]), cache.moment());
  }
  for (std::int64_t i = 0; i < 10'000; ++i) kept += cache.recall(Names{std::to_string(i)}) ? 1 : 0;
  EXPECT_GT(kept, 0U);
  EXPECT_LE(kept, 64U);
}

TEST(LookupCache, DoesNotBelieveAReadThatAChangeOvertook) {
  LookupCache cache(100, long_enough);
  const Names names{"file"};
  for (const Mark mark : {mark_of(root_directory, "file"), mark_of(FileId{7})}) {
    const auto before = cache.moment();
    cache.forget(std::array{mark});
    cache.keep(names, located(root_directory, {7}, "file"), before);
    EXPECT_FALSE(cache.recall(names));
    cache.keep(names, located(root_directory, {7}, "file"), cache.moment());
    EXPECT_TRUE(cache.recall(names));
  }
}

TEST(LookupCache, ForgetsWithAge) {
  LookupCache cache(100, Duration(1));
  const Names names{"file"};
  cache.keep(names, located(root_directory, {7}, "file"), cache.moment());
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_FALSE(cache.recall(names));
}

TEST(LookupCache, IsSilentWhileNobodyTellsOfChanges) {
  LookupCache cache(100, long_enough);
  const Names names{"file"};
  cache.keep(names, located(root_directory, {7}, "file"), cache.moment());
  cache.suspend();
  EXPECT_FALSE(cache.recall(names));
  cache.keep(names, located(root_directory, {7}, "file"), cache.moment());
  cache.resume();
  EXPECT_FALSE(cache.recall(names));
  cache.keep(names, located(root_directory, {7}, "file"), cache.moment());
  EXPECT_TRUE(cache.recall(names));
}

TEST(Marks, TravelAsText) {
  const std::vector<Mark> marks{0, 1, UINT64_MAX, mark_of(FileId{5})};
  EXPECT_EQ(marks_of_text(marks_to_text(marks)), marks);
  EXPECT_EQ(marks_of_text("1 zz -3 11111111111111111111 2"), (std::vector<Mark>{1, 2}));
  EXPECT_TRUE(marks_of_text("").empty());
}

// --- with a catalogue ---

class RecallTest : public CatalogueTest {
 protected:
  // Reads the path until it is kept; a feed may need some time to hear of changes.
  void learn(Catalogue& from, const std::string& path) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!from.names().recall(path)) {
      ASSERT_TRUE(from.names().locate(path)) << path;
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << path << " is never kept";
    }
  }
  // Nothing is kept of the path, or what the database says.
  void expect_true(const std::string& path) {
    const auto kept = names.recall(path);
    if (!kept) return;
    const auto real = names.locate(path);
    ASSERT_TRUE(real && real->walk.entry) << path << " is kept and gone";
    EXPECT_EQ(describe(*kept), describe(*real));
  }
};

TEST_P(RecallTest, TellsWhatTheDatabaseTells) {
  const Entry a = directory("/a/b");
  ASSERT_TRUE(upload(a.id, "file", 10));
  for (const std::string path : {"/", "/a", "/a/b", "/a/b/file", "/a//b/", "/a/b/file"}) {
    EXPECT_NO_FATAL_FAILURE(learn(*catalogue, path));
    const auto kept = names.recall(path);
    ASSERT_TRUE(kept);
    EXPECT_EQ(describe(*kept), describe(*names.locate(path))) << path;
  }
}

TEST_P(RecallTest, KeepsNothingOfLinksErrorsAndWhatIsNotThere) {
  const Entry a = directory("/a");
  ASSERT_TRUE(upload(a.id, "file", 1));
  ASSERT_TRUE(names.make_link(root_directory, "link", "/a", {}));
  learn(*catalogue, "/a/file");
  for (const std::string path :
       {"/link", "/link/file", "/none", "/a/none", "/a/file/below", "a", ""}) {
    (void)names.locate(path);
    EXPECT_FALSE(names.recall(path)) << path;
  }
}

TEST_P(RecallTest, ForgetsWithEveryChange) {
  const Entry top = directory("/top");
  const Entry a = directory("/top/a");
  const Entry empty = directory("/top/empty");
  const Entry file = *upload(a.id, "file", 10);
  const PoolId first = pool();
  const PoolId second = pool("pool2");
  auto& replicas = catalogue->replicas();
  const auto list = std::make_shared<const Acl>(*Acl::parse("A:fd:1000:rx"));
  const std::vector<std::pair<std::string, std::function<bool()>>> changes{
      {"mode of the file", [&] { return names.change(file.id, {.mode = 0600}).has_value(); }},
      {"owner of a directory above",
       [&] { return names.change(top.id, {.owner = 5}).has_value(); }},
      {"ACL of a directory above", [&] { return names.set_acl(top.id, list).has_value(); }},
      {"ACL of the file", [&] { return names.set_acl(file.id, list).has_value(); }},
      {"ACLs of a whole directory",
       [&] { return names.set_acl_inside(top.id, "", 10, list).has_value(); }},
      {"checksum", [&] { return names.add_checksums(file.id, {{"md5", "00"}}).has_value(); }},
      {"another replica", [&] { return replicas.add(file.id, second).has_value(); }},
      {"it arrives",
       [&] { return replicas.arrived(file.id, second, 10, ReplicaState::cached).has_value(); }},
      {"one breaks",
       [&] { return replicas.set_state(file.id, first, ReplicaState::broken).has_value(); }},
      {"one is given up",
       [&] { return replicas.retire(file.id, first, Last::may_go).has_value(); }},
      {"it is gone", [&] { return replicas.forget(file.id, first).has_value(); }},
      {"the file is replaced",
       [&] { return upload(a.id, "file", 20, {.replaces = true}).has_value(); }},
      {"the file moves", [&] { return names.rename(a.id, "file", a.id, "file2").has_value(); }},
      {"and back", [&] { return names.rename(a.id, "file2", a.id, "file").has_value(); }},
      {"a directory above moves",
       [&] { return names.rename(top.id, "a", root_directory, "b").has_value(); }},
      {"and back", [&] { return names.rename(root_directory, "b", top.id, "a").has_value(); }},
      {"a directory goes", [&] { return names.remove_directory(top.id, "empty").has_value(); }},
      {"the file goes", [&] { return names.remove(a.id, "file").has_value(); }},
  };
  for (const auto& [what, change] : changes) {
    SCOPED_TRACE(what);
    for (const std::string path : {"/", "/top", "/top/a", "/top/empty", "/top/a/file"})
      (void)names.locate(path);
    clock.pass(2'000'000'000);  // directories change by the second
    ASSERT_TRUE(change());
    for (const std::string path : {"/", "/top", "/top/a", "/top/empty", "/top/a/file"})
      expect_true(path);
  }
}

TEST_P(RecallTest, KeepsNothingOfWhatIsBeingReplaced) {
  const Entry a = directory("/a");
  ASSERT_TRUE(upload(a.id, "file", 10));
  learn(*catalogue, "/a/file");
  const Entry next = *catalogue->uploads().begin(a.id, "file", {.replaces = true});
  EXPECT_FALSE(names.recall("/a/file"));
  EXPECT_EQ(names.locate("/a/file")->walk.entry->size, 10U);
  EXPECT_FALSE(names.recall("/a/file"));
  ASSERT_TRUE(catalogue->uploads().abort(next.id));
  learn(*catalogue, "/a/file");
}

// Whoever heard that a change is done never reads what was before it.
TEST_P(RecallTest, IsNeverBehindWhatWasAcknowledged) {
  const Entry a = directory("/a");
  const Entry file = *upload(a.id, "file", 10);
  std::atomic<std::uint32_t> acknowledged{0};
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> hits{0};
  ASSERT_TRUE(names.change(file.id, {.mode = 0}));
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!over) {
        const std::uint32_t least = acknowledged;
        const auto kept = names.recall("/a/file");
        if (!kept) (void)names.locate("/a/file");
        if (kept) ++hits;
        if (kept && kept->walk.entry->mode < least) ADD_FAILURE() << "read what is over";
      }
    });
  }
  for (std::uint32_t mode = 1; mode < 200; ++mode) {
    ASSERT_TRUE(names.change(file.id, {.mode = mode}));
    acknowledged = mode;
    const std::uint64_t before = hits;
    const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    while (hits < before + 3 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  }
  over = true;
  readers.clear();
  EXPECT_GT(hits, 100U);
}

INSTANTIATE_TEST_SUITE_P(Engines, RecallTest, both_engines, engine_name);

// --- several processes ---

// Before what is kept would be read again because of its age.
constexpr std::chrono::seconds before_age{3};

class OtherProcessTest : public RecallTest {};

TEST_P(OtherProcessTest, ChangesAreHeardOf) {
  auto other = open();
  const Entry a = directory("/a");
  const Entry file = *upload(a.id, "file", 10);
  for (std::uint32_t mode = 0600; mode < 0650; ++mode) {
    learn(*catalogue, "/a/file");
    ASSERT_TRUE(other->names().change(file.id, {.mode = mode}));
    const auto limit = std::chrono::steady_clock::now() + before_age;
    for (;;) {
      const auto kept = names.recall("/a/file");
      if (!kept || kept->walk.entry->mode == mode) break;
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << "the change is never heard of";
      std::this_thread::yield();
    }
  }
}

TEST_P(OtherProcessTest, NothingIsBelievedWhileNobodyIsHeard) {
  directory("/a");
  learn(*catalogue, "/a");
  PostgresServer::instance().stop(SIGQUIT);
  PostgresServer::instance().start();
  const auto limit = std::chrono::steady_clock::now() + before_age;
  while (names.recall("/a")) {
    ASSERT_LT(std::chrono::steady_clock::now(), limit) << "the lost connection is not noticed";
    std::this_thread::yield();
  }
  learn(*catalogue, "/a");
}

INSTANTIATE_TEST_SUITE_P(Engines, OtherProcessTest, testing::Values(sql::Engine::postgresql),
                         engine_name);

}  // namespace
}  // namespace sluice::catalogue
