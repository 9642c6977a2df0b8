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

TEST_P(UploadsTest, APlaceIsMadeWithTheUpload) {
  EXPECT_EQ(code_of(uploads.begin(root_directory, "f", {.pool = PoolId{4711}})), Errc::not_found);
  EXPECT_FALSE(uploads.find(root_directory, "f").value());
  Entry begun = uploads.begin(root_directory, "f", {.expected_size = 9, .pool = p1}).value();
  auto copies = replicas.of_file(begun.id).value();
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(copies[0].pool, p1);
  EXPECT_EQ(copies[0].state, ReplicaState::created);
  EXPECT_EQ(copies[0].size, 9U);
  ASSERT_TRUE(uploads.commit(begun.id, {.pool = p1, .size = 10}));
  copies = replicas.of_file(begun.id).value();
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(copies[0].state, ReplicaState::online);
  EXPECT_EQ(copies[0].size, 10U);
}

TEST_P(UploadsTest, BytesThatArriveElsewhereGiveUpTheFirstPlace) {
  const PoolId p2 = pool("pool2");
  Entry begun = uploads.begin(root_directory, "f", {.pool = p1}).value();
  ASSERT_TRUE(uploads.commit(begun.id, {.pool = p2, .size = 10}));
  auto copies = replicas.of_file(begun.id).value();
  ASSERT_EQ(copies.size(), 2U);
  EXPECT_EQ(copies[0].state, ReplicaState::deleting);
  EXPECT_EQ(copies[1].state, ReplicaState::online);
  EXPECT_EQ(replicas.claim_deletions(p1, 10, Duration{1'000}).value().size(), 1U);
  ASSERT_TRUE(replicas.forget(begun.id, p1));
  EXPECT_EQ(replicas.of_file(begun.id).value().size(), 1U);
  EXPECT_TRUE(catalogue->trash().list({}, 10).value().empty());
}

TEST_P(UploadsTest, WhatAPoolWasToldToDeleteDoesNotArrive) {
  Entry begun = uploads.begin(root_directory, "f", {.pool = p1}).value();
  ASSERT_TRUE(replicas.retire(begun.id, p1, Last::may_go));
  EXPECT_EQ(code_of(uploads.commit(begun.id, {.pool = p1, .size = 1})), Errc::conflict);
  EXPECT_EQ(replicas.of_file(begun.id).value().at(0).state, ReplicaState::deleting);
}

TEST_P(UploadsTest, APoolFindsWhatDidNotArrive) {
  const PoolId p2 = pool("pool2");
  std::vector<FileId> begun;
  for (int i = 0; i < 5; ++i) {
    begun.push_back(
        uploads.begin(root_directory, "f" + std::to_string(i), {.pool = p1}).value().id);
  }
  ASSERT_TRUE(uploads.begin(root_directory, "elsewhere", {.pool = p2}));
  // A copy that is on its way between pools is no upload.
  Entry copied = upload(root_directory, "g", 1, {.pool = p2}).value();
  ASSERT_TRUE(replicas.retire(copied.id, p1, Last::may_go));
  ASSERT_TRUE(replicas.forget(copied.id, p1));
  ASSERT_TRUE(replicas.add(copied.id, p1));
  ASSERT_TRUE(uploads.commit(begun[1], {.pool = p1, .size = 1}));
  ASSERT_TRUE(uploads.abort(begun[2]));
  auto page = uploads.unfinished_on(p1, {}, 2).value();
  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].id, begun[0]);
  EXPECT_EQ(page[0].name, "f0");
  EXPECT_EQ(page[1].id, begun[3]);
  page = uploads.unfinished_on(p1, page[1].id, 2).value();
  ASSERT_EQ(page.size(), 1U);
  EXPECT_EQ(page[0].id, begun[4]);
  for (FileId file : {begun[0], begun[3], begun[4]}) ASSERT_TRUE(uploads.abort(file));
  EXPECT_TRUE(uploads.unfinished_on(p1, {}, 10).value().empty());
  EXPECT_EQ(replicas.claim_deletions(p1, 10, Duration{1'000}).value().size(), 4U);
}

TEST_P(UploadsTest, ManyAreRenewedAtOnce) {
  std::vector<FileId> begun;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "f" + std::to_string(i);
    begun.push_back(uploads.begin(root_directory, name, {.lifetime = Duration{1'000}}).value().id);
  }
  ASSERT_TRUE(uploads.abort(begun[7]));
  Entry seen = upload(root_directory, "seen", 1).value();
  begun.push_back(seen.id);
  ASSERT_TRUE(uploads.renew(std::span(begun).subspan(1), Duration{60'000}));
  ASSERT_TRUE(uploads.renew(std::span<const FileId>{}, Duration{60'000}));
  clock.pass(2'000'000'000);
  auto expired = uploads.expired(10).value();
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].id, begun[0]);
  EXPECT_EQ(names.stat(seen.id).value().changed_ns, seen.changed_ns);
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
