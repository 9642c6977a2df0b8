// SPDX-License-Identifier: Apache-2.0
#include "pool/comparison.h"

#include "pool/test/fixture.h"

#include <future>

namespace sluice::pool {
namespace {

using catalogue::ReplicaState;

constexpr FileId strange{0xfff};
constexpr Unknown all_of_them{.removed = true, .older_than = Duration(0)};

class ComparisonTest : public PoolTest {
 protected:
  Comparison compare(Unknown unknown = {}) {
    auto done = compare_with_catalogue(*service, unknown);
    if (!done) throw std::runtime_error(done.error().message());
    return *done;
  }
  bool is_there(FileId file) { return store->size_of(file).has_value(); }
};

TEST_F(ComparisonTest, what_is_gone_is_broken_until_it_is_back) {
  FileId one = file("bytes");
  FileId two = file("more bytes");
  ASSERT_TRUE(store->remove(two));
  Comparison first = compare();
  EXPECT_EQ(first.replicas, 2U);
  EXPECT_EQ(first.lost_files, std::vector{two});
  EXPECT_EQ(state(one), ReplicaState::online);
  EXPECT_EQ(state(two), ReplicaState::broken);
  put(two, "more bytes");
  EXPECT_EQ(compare().found, 1U);
  EXPECT_EQ(state(two), ReplicaState::online);
}

TEST_F(ComparisonTest, two_at_the_same_time_are_one_too_many) {
  file("bytes");
  std::unique_lock held(service->comparison);
  auto second = std::async(std::launch::async, [&] { return compare_with_catalogue(*service); });
  auto refused = second.get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::in_progress);
  held.unlock();
  EXPECT_EQ(compare().replicas, 1U);
}

TEST_F(ComparisonTest, ends_when_the_pool_stops) {
  FileId lost = file("bytes");
  ASSERT_TRUE(store->remove(lost));
  service->stopping = true;
  auto done = compare_with_catalogue(*service);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::cancelled);
  EXPECT_EQ(state(lost), ReplicaState::online);  // nobody looked
}

TEST_F(ComparisonTest, what_nobody_knows_is_only_told) {
  put(strange, "strange");
  Comparison found = compare();
  EXPECT_EQ(found.unknown_files, std::vector{strange});
  EXPECT_EQ(found.removed, 0U);
  EXPECT_TRUE(is_there(strange));
}

TEST_F(ComparisonTest, what_nobody_knows_is_removed_when_it_is_old_enough) {
  FileId known = file("bytes");
  put(strange, "strange");
  Comparison kept = compare({.removed = true});
  EXPECT_EQ(kept.unknown, 1U);
  EXPECT_EQ(kept.removed, 0U);  // it is of today
  Comparison found = compare(all_of_them);
  EXPECT_EQ(found.unknown, 1U);
  EXPECT_EQ(found.removed, 1U);
  EXPECT_FALSE(is_there(strange));
  EXPECT_TRUE(is_there(known));
}

TEST_F(ComparisonTest, an_upload_that_is_not_committed_yet_stays) {
  FileId upload = begin_upload();
  put(upload, "bytes");
  Comparison found = compare(all_of_them);
  EXPECT_EQ(found.unknown, 0U);
  EXPECT_TRUE(is_there(upload));
  EXPECT_TRUE(all->uploads().commit(upload, {id, 5}));
}

TEST_F(ComparisonTest, a_file_whose_replica_was_forgotten_here_stays) {
  auto other = all->pools().enter("p2", {"root://p2"}, {})->id;
  FileId upload = begin_upload();
  ASSERT_TRUE(all->uploads().commit(upload, {other, 5}));
  ASSERT_TRUE(all->replicas().forget(upload, id));  // it was meant for this pool as well
  put(upload, "bytes");
  Comparison found = compare(all_of_them);
  EXPECT_EQ(found.unknown, 1U);
  EXPECT_EQ(found.removed, 0U);
  EXPECT_TRUE(is_there(upload));
}

}  // namespace
}  // namespace sluice::pool
