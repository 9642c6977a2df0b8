// SPDX-License-Identifier: Apache-2.0
#include "catalogue/replicas.h"

#include "catalogue/test/fixture.h"

#include <set>
#include <thread>

namespace sluice::catalogue {
namespace {

class ReplicasTest : public CatalogueTest {
 protected:
  Replicas& replicas = catalogue->replicas();
  Trash& trash = catalogue->trash();
  PoolId p1 = pool("pool1");
  PoolId p2 = pool("pool2");
};
INSTANTIATE_TEST_SUITE_P(Engines, ReplicasTest, both_engines, engine_name);

TEST(ReplicaState, NothingComesBackFromDeletingOrBecomesCreated) {
  for (int from = 0; from < 6; ++from) {
    EXPECT_FALSE(may_become(static_cast<ReplicaState>(from), ReplicaState::created));
    EXPECT_TRUE(may_become(static_cast<ReplicaState>(from), ReplicaState::deleting));
    EXPECT_FALSE(from < 5 && may_become(ReplicaState::deleting, static_cast<ReplicaState>(from)));
  }
  EXPECT_EQ(to_text(ReplicaState::precious), "precious");
}

TEST_P(ReplicasTest, ASecondCopy) {
  Entry file = upload(root_directory, "f", 10).value();
  ASSERT_TRUE(replicas.add(file.id, p2));
  EXPECT_EQ(code_of(replicas.add(file.id, p2)), Errc::exists);
  EXPECT_EQ(code_of(replicas.add(FileId{4711}, p2)), Errc::not_found);
  EXPECT_EQ(code_of(replicas.add(file.id, PoolId{4711})), Errc::not_found);
  EXPECT_EQ(replicas.of_file(file.id).value().at(1).state, ReplicaState::created);
  ASSERT_TRUE(replicas.arrived(file.id, p2, 10, ReplicaState::cached));
  EXPECT_EQ(replicas.of_file(file.id).value().at(1).state, ReplicaState::cached);
  EXPECT_EQ(code_of(replicas.set_state(file.id, p2, ReplicaState::created)), Errc::conflict);
  EXPECT_EQ(code_of(replicas.set_state(file.id, p2, ReplicaState::deleting)),
            Errc::invalid_argument);
  EXPECT_EQ(code_of(replicas.set_state(file.id, PoolId{4711}, ReplicaState::online)),
            Errc::not_found);
}

TEST_P(ReplicasTest, AnyReplicaMayBreak) {
  Entry file = upload(root_directory, "f", 10).value();
  ASSERT_TRUE(replicas.set_state(file.id, p1, ReplicaState::broken));  // also the only one
  ASSERT_TRUE(replicas.set_state(file.id, p1, ReplicaState::broken));
  EXPECT_EQ(replicas.of_file(file.id).value().at(0).state, ReplicaState::broken);
  ASSERT_TRUE(replicas.set_state(file.id, p1, ReplicaState::online));  // repaired
}

TEST_P(ReplicasTest, OnlyCachedOnesAreEvictedTheOldestFirst) {
  for (const char* name : {"f", "g", "h"}) {
    Entry file = upload(root_directory, name, 10).value();
    ASSERT_TRUE(replicas.add(file.id, p2));
    ASSERT_TRUE(replicas.arrived(file.id, p2, 10, ReplicaState::online));
  }
  const auto on_p2 = replicas.of_pool(p2, {}, 10).value();
  EXPECT_EQ(code_of(replicas.evict(on_p2[0].file, p2)), Errc::conflict);
  EXPECT_TRUE(replicas.cached_on(p2, 10).value().empty());
  ASSERT_TRUE(replicas.set_state(on_p2[2].file, p2, ReplicaState::cached));
  ASSERT_TRUE(replicas.set_state(on_p2[1].file, p2, ReplicaState::cached));
  const auto cached = replicas.cached_on(p2, 10).value();
  ASSERT_EQ(cached.size(), 2U);
  EXPECT_EQ(cached[0].file, on_p2[2].file);
  EXPECT_EQ(replicas.cached_on(p2, 1).value().size(), 1U);
  // Whoever looks may find that it was one too few.
  auto& copies = catalogue->copies();
  const auto noted = copies.claim(10, Duration(1)).value();
  for (const CopyCheck& check : noted) ASSERT_TRUE(copies.done(check));
  ASSERT_TRUE(replicas.evict(cached[0].file, p2));
  EXPECT_EQ(copies.claim(10, Duration(1)).value().at(0).file, cached[0].file);
  EXPECT_EQ(code_of(replicas.evict(cached[0].file, p2)), Errc::conflict);
  // Not the last one that somebody can read.
  ASSERT_TRUE(replicas.set_state(cached[1].file, p1, ReplicaState::broken));
  EXPECT_EQ(code_of(replicas.evict(cached[1].file, p2)), Errc::conflict);
}

TEST_P(ReplicasTest, WhatLeavesIsNotedAndCountedApart) {
  Entry file = upload(root_directory, "f", 10).value();
  Entry other = upload(root_directory, "g", 5).value();
  EXPECT_EQ(replicas.staying().value().at(p1).bytes, 15U);
  ASSERT_TRUE(replicas.leave(file.id, p1));
  EXPECT_TRUE(replicas.of_file(file.id).value().at(0).leaving);
  EXPECT_EQ(replicas.staying().value().at(p1).bytes, 5U);
  EXPECT_EQ(replicas.leaving().value().bytes, 10U);
  EXPECT_EQ(catalogue->copies().claim(10, Duration(1)).value().at(0).file, file.id);
  ASSERT_TRUE(replicas.add(file.id, p2));  // counts before it arrived
  EXPECT_EQ(replicas.staying().value().at(p2).bytes, 10U);
  EXPECT_EQ(code_of(replicas.leave(file.id, p2)), Errc::conflict);
  ASSERT_TRUE(replicas.arrived(file.id, p2, 10, ReplicaState::online));
  ASSERT_TRUE(replicas.retire(file.id, p1, Last::stays));
  EXPECT_EQ(replicas.leaving().value().files, 0U);
  EXPECT_EQ(code_of(replicas.leave(FileId{4711}, p1)), Errc::not_found);
}

TEST_P(ReplicasTest, WhatAPoolMustHave) {
  Entry first = upload(root_directory, "f", 10).value();
  Entry second = upload(root_directory, "g", 20).value();
  Entry third = upload(root_directory, "h", 30).value();
  NewUpload wanted;
  wanted.pool = p1;
  ASSERT_TRUE(catalogue->uploads().begin(root_directory, "upload", wanted));
  ASSERT_TRUE(names.add_checksums(second.id, {{"adler32", "0a1b2c3d"}}));
  ASSERT_TRUE(replicas.set_state(third.id, p1, ReplicaState::broken));
  auto some = replicas.expected_on(p1, {}, 1).value();
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some[0].file, first.id);
  auto rest = replicas.expected_on(p1, first.id, 10).value();
  ASSERT_EQ(rest.size(), 1U);  // neither broken ones nor uploads
  EXPECT_EQ(rest[0].file, second.id);
  EXPECT_EQ(rest[0].size, 20U);
  EXPECT_EQ(rest[0].changed_ns, replicas.of_file(second.id).value().at(0).changed_ns);
  EXPECT_EQ(rest[0].checksums, (Checksums{{"adler32", "0a1b2c3d"}}));
  ASSERT_TRUE(names.remove(root_directory, "g"));
  EXPECT_TRUE(replicas.expected_on(p1, first.id, 10).value().empty());
  EXPECT_TRUE(replicas.expected_on(p2, {}, 10).value().empty());
}

TEST_P(ReplicasTest, TheLastReadableOneStays) {
  Entry file = upload(root_directory, "f", 10).value();
  ASSERT_TRUE(replicas.add(file.id, p2));
  EXPECT_EQ(code_of(replicas.retire(file.id, p1, Last::stays)), Errc::conflict);
  ASSERT_TRUE(replicas.set_state(file.id, p2, ReplicaState::online));
  EXPECT_TRUE(replicas.retire(file.id, p1, Last::stays));
  EXPECT_EQ(code_of(replicas.retire(file.id, p2, Last::stays)), Errc::conflict);
  EXPECT_TRUE(replicas.retire(file.id, p2, Last::may_go));
  EXPECT_EQ(code_of(replicas.set_state(file.id, p2, ReplicaState::online)), Errc::conflict);
}

TEST_P(ReplicasTest, TwoRetirementsDoNotCountOnEachOther) {
  for (int round = 0; round < 15; ++round) {
    Entry file = upload(root_directory, "f" + std::to_string(round), 10).value();
    ASSERT_TRUE(replicas.add(file.id, p2));
    ASSERT_TRUE(replicas.set_state(file.id, p2, ReplicaState::online));
    std::atomic<int> retired = 0;
    {
      std::jthread one([&] { retired += replicas.retire(file.id, p1, Last::stays).has_value(); });
      std::jthread two([&] { retired += replicas.retire(file.id, p2, Last::stays).has_value(); });
    }
    EXPECT_EQ(retired, 1);
  }
}

TEST_P(ReplicasTest, OfAPoolInPages) {
  std::set<FileId> made;
  for (int i = 0; i < 25; ++i) {
    made.insert(upload(root_directory, "f" + std::to_string(i), 1).value().id);
  }
  std::set<FileId> seen;
  FileId after;
  for (;;) {
    auto page = replicas.of_pool(p1, after, 10).value();
    for (const Replica& replica : page) seen.insert(replica.file);
    if (page.size() < 10) break;
    after = page.back().file;
  }
  EXPECT_EQ(seen, made);
  EXPECT_TRUE(replicas.of_pool(p2, {}, 10).value().empty());
}

TEST_P(ReplicasTest, RemovedFilesLeaveWorkUntilAllPoolsHaveDoneIt) {
  Entry file = upload(root_directory, "f", 10).value();
  ASSERT_TRUE(replicas.add(file.id, p2));
  ASSERT_TRUE(names.remove(root_directory, "f"));
  EXPECT_EQ(trash.totals().value().files, 1U);
  EXPECT_EQ(trash.totals().value().bytes, 10U);
  EXPECT_EQ(trash.list({}, 10).value().at(0).replicas, 2U);
  EXPECT_EQ(code_of(replicas.add(file.id, p2)), Errc::not_found);
  ASSERT_TRUE(replicas.forget(file.id, p1));
  EXPECT_EQ(trash.list({}, 10).value().at(0).replicas, 1U);
  ASSERT_TRUE(replicas.forget(file.id, p2));
  ASSERT_TRUE(replicas.forget(file.id, p2));
  EXPECT_EQ(trash.totals().value().files, 0U);
}

TEST_P(ReplicasTest, ForgetTakesOnlyWhatIsBeingDeleted) {
  Entry file = upload(root_directory, "f", 10).value();
  ASSERT_TRUE(replicas.forget(file.id, p1));
  EXPECT_EQ(replicas.of_file(file.id).value().size(), 1U);
}

TEST_P(ReplicasTest, ClaimsEndByThemselves) {
  for (int i = 0; i < 5; ++i) {
    const std::string name = "f" + std::to_string(i);
    ASSERT_TRUE(upload(root_directory, name, 1));
    ASSERT_TRUE(names.remove(root_directory, name));
  }
  EXPECT_EQ(replicas.claim_deletions(p1, 3, Duration{1'000}).value().size(), 3U);
  EXPECT_EQ(replicas.claim_deletions(p1, 10, Duration{1'000}).value().size(), 2U);
  EXPECT_TRUE(replicas.claim_deletions(p1, 10, Duration{1'000}).value().empty());
  EXPECT_TRUE(replicas.claim_deletions(p2, 10, Duration{1'000}).value().empty());
  clock.pass(2'000'000'000);
  auto again = replicas.claim_deletions(p1, 10, Duration{1'000}).value();
  ASSERT_EQ(again.size(), 5U);
  for (const Replica& replica : again) ASSERT_TRUE(replicas.forget(replica.file, p1));
  clock.pass(2'000'000'000);
  EXPECT_TRUE(replicas.claim_deletions(p1, 10, Duration{1'000}).value().empty());
  EXPECT_EQ(trash.totals().value().files, 0U);
}

TEST_P(ReplicasTest, NothingIsClaimedTwice) {
  for (int i = 0; i < 40; ++i) {
    const std::string name = "f" + std::to_string(i);
    ASSERT_TRUE(upload(root_directory, name, 1));
    ASSERT_TRUE(names.remove(root_directory, name));
  }
  std::mutex mutex;
  std::multiset<FileId> claimed;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i) {
      workers.emplace_back([&] {
        for (int turn = 0; turn < 10; ++turn) {
          auto some = replicas.claim_deletions(p1, 3, Duration{3'600'000});
          std::scoped_lock lock(mutex);
          for (const Replica& replica : some.value()) claimed.insert(replica.file);
        }
      });
    }
  }
  EXPECT_EQ(claimed.size(), 40U);
  EXPECT_EQ(std::set<FileId>(claimed.begin(), claimed.end()).size(), 40U);
}

}  // namespace
}  // namespace sluice::catalogue
