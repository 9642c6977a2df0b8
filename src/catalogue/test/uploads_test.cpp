// SPDX-License-Identifier: Apache-2.0
#include "catalogue/uploads.h"

#include "catalogue/test/fixture.h"

#include <thread>

namespace sluice::catalogue {
namespace {

class UploadsTest : public CatalogueTest {
 protected:
  Uploads& uploads = catalogue->uploads();
  Replicas& replicas = catalogue->replicas();
  PoolId p1 = pool("pool1");
};
INSTANTIATE_TEST_SUITE_P(Engines, UploadsTest, both_engines, engine_name);

TEST_P(UploadsTest, NothingIsSeenBeforeTheCommit) {
  Entry d = directory("/d");
  Entry begun = uploads.begin(d.id, "f", {.entry = {.mode = 0640, .owner = 7}}).value();
  EXPECT_EQ(code_of(names.lookup("/d/f")), Errc::not_found);
  EXPECT_TRUE(names.list(d.id, "", 10).value().entries.empty());
  EXPECT_EQ(code_of(names.stat(begun.id)), Errc::not_found);
  EXPECT_EQ(uploads.find(d.id, "f").value()->id, begun.id);
  Entry done = uploads
                   .commit(begun.id, {.pool = p1,
                                      .size = 1'234,
                                      .checksums = {{"adler32", "0a1b2c3d"}},
                                      .state = ReplicaState::precious})
                   .value();
  Entry seen = names.lookup("/d/f").value();
  EXPECT_EQ(seen.id, begun.id);
  EXPECT_EQ(seen.size, 1'234U);
  EXPECT_EQ(seen.mode, 0640U);
  EXPECT_EQ(seen.owner, 7);
  EXPECT_EQ(seen.checksums, (Checksums{{"adler32", "0a1b2c3d"}}));
  EXPECT_EQ(done.modified_ns, seen.modified_ns);
  EXPECT_FALSE(uploads.find(d.id, "f").value());
  auto copies = replicas.of_file(begun.id).value();
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(copies[0].pool, p1);
  EXPECT_EQ(copies[0].state, ReplicaState::precious);
  EXPECT_EQ(copies[0].size, 1'234U);
}

TEST_P(UploadsTest, ANameIsHeldOnce) {
  Entry d = directory("/d");
  ASSERT_TRUE(uploads.begin(d.id, "f", {}));
  EXPECT_EQ(code_of(uploads.begin(d.id, "f", {})), Errc::locked);
  EXPECT_EQ(code_of(uploads.begin(root_directory, "d", {})), Errc::is_directory);
  EXPECT_EQ(code_of(uploads.begin(FileId{4711}, "f", {})), Errc::not_found);
  EXPECT_EQ(code_of(names.remove_directory(root_directory, "d")), Errc::exists);
  ASSERT_TRUE(upload(d.id, "g", 1));
  EXPECT_EQ(code_of(uploads.begin(d.id, "g", {})), Errc::exists);
}

TEST_P(UploadsTest, CommitMayBeRepeatedButNotChanged) {
  Entry begun = uploads.begin(root_directory, "f", {}).value();
  const Arrival arrival{.pool = p1, .size = 10};
  ASSERT_TRUE(uploads.commit(begun.id, arrival));
  EXPECT_EQ(uploads.commit(begun.id, arrival).value().id, begun.id);
  EXPECT_EQ(code_of(uploads.commit(begun.id, {.pool = p1, .size = 11})), Errc::not_found);
  EXPECT_EQ(code_of(uploads.abort(begun.id)), Errc::not_found);
}

TEST_P(UploadsTest, AFailedCommitChangesNothing) {
  Entry begun = uploads.begin(root_directory, "f", {}).value();
  EXPECT_EQ(code_of(uploads.commit(begun.id, {.pool = PoolId{4711}, .size = 1})), Errc::not_found);
  EXPECT_EQ(code_of(uploads.commit(begun.id, {.pool = p1, .size = ~0ULL})), Errc::invalid_argument);
  EXPECT_EQ(
      code_of(uploads.commit(begun.id, {.pool = p1, .size = 1, .state = ReplicaState::broken})),
      Errc::invalid_argument);
  ASSERT_TRUE(names.make_directory(root_directory, "f", {}));
  EXPECT_EQ(code_of(uploads.commit(begun.id, {.pool = p1, .size = 1})), Errc::exists);
  EXPECT_TRUE(replicas.of_file(begun.id).value().empty());
  ASSERT_TRUE(names.remove_directory(root_directory, "f"));
  EXPECT_TRUE(uploads.commit(begun.id, {.pool = p1, .size = 1}));
}

TEST_P(UploadsTest, ReplacingKeepsTheOldFileUntilTheEnd) {
  Entry old = upload(root_directory, "f", 10).value();
  Entry begun = uploads.begin(root_directory, "f", {.replaces = true}).value();
  EXPECT_EQ(names.lookup("/f").value().id, old.id);
  ASSERT_TRUE(uploads.commit(begun.id, {.pool = p1, .size = 20}));
  EXPECT_EQ(names.lookup("/f").value().id, begun.id);
  EXPECT_EQ(replicas.of_file(old.id).value().at(0).state, ReplicaState::deleting);
  EXPECT_EQ(catalogue->trash().list({}, 10).value().at(0).file, old.id);
}

TEST_P(UploadsTest, AbortLeavesWorkForPools) {
  Entry begun = uploads.begin(root_directory, "f", {}).value();
  ASSERT_TRUE(replicas.add(begun.id, p1));
  ASSERT_TRUE(uploads.abort(begun.id));
  EXPECT_EQ(code_of(uploads.commit(begun.id, {.pool = p1, .size = 1})), Errc::not_found);
  EXPECT_EQ(replicas.of_file(begun.id).value().at(0).state, ReplicaState::deleting);
  EXPECT_TRUE(uploads.begin(root_directory, "f", {}));
}

TEST_P(UploadsTest, AbandonedUploadsAreFound) {
  Entry a = uploads.begin(root_directory, "a", {.lifetime = Duration{1'000}}).value();
  Entry b = uploads.begin(root_directory, "b", {.lifetime = Duration{1'000}}).value();
  EXPECT_TRUE(uploads.expired(10).value().empty());
  ASSERT_TRUE(uploads.renew(b.id, Duration{60'000}));
  clock.pass(2'000'000'000);
  auto expired = uploads.expired(10).value();
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].id, a.id);
  EXPECT_EQ(code_of(uploads.renew(FileId{4711}, Duration{1})), Errc::not_found);
}

TEST_P(UploadsTest, CommitAndAbortExcludeEachOther) {
  for (int round = 0; round < 20; ++round) {
    const std::string name = "f" + std::to_string(round);
    Entry begun = uploads.begin(root_directory, name, {}).value();
    bool committed = false;
    bool aborted = false;
    {
      std::jthread one(
          [&] { committed = uploads.commit(begun.id, {.pool = p1, .size = 3}).has_value(); });
      std::jthread two([&] { aborted = uploads.abort(begun.id).has_value(); });
    }
    EXPECT_NE(committed, aborted);
    EXPECT_EQ(names.lookup("/" + name).has_value(), committed);
  }
}

}  // namespace
}  // namespace sluice::catalogue
