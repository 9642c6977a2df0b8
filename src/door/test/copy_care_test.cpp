// SPDX-License-Identifier: Apache-2.0
#include "door/copy_care.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

namespace sluice::door {
namespace {

using catalogue::FileId;
using catalogue::PoolId;
using catalogue::PoolMode;
using catalogue::ReplicaState;

class CopyCareTest : public testing::Test {
 protected:
  CopyCareTest() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-care-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder = name;
    catalogue::CatalogueConfig config;
    config.url = "sqlite:" + folder + "/catalogue.db";
    all = std::move(*catalogue::Catalogue::open(config));
    care.emplace(*all, selection, Duration(3'600'000));
    for (const char* pool : {"p1", "p2", "p3"}) pools.push_back(enter(pool));
  }
  ~CopyCareTest() override { std::filesystem::remove_all(folder); }

  PoolId enter(const std::string& name) {
    PoolId id = all->pools().enter(name, {"root://" + name}, {{"name", name}})->id;
    EXPECT_TRUE(all->pools().heartbeat(id, {1000, 1000, 0, 0, 0}));
    return id;
  }
  FileId file_on(PoolId pool) {
    catalogue::NewUpload upload;
    upload.pool = pool;
    auto begun =
        all->uploads().begin(catalogue::root_directory, "f" + std::to_string(++files), upload);
    EXPECT_TRUE(all->uploads().commit(begun->id, {pool, 10, {}, ReplicaState::online}));
    return begun->id;
  }
  std::shared_ptr<const PoolPicture> picture() {
    PoolBoard board;
    board.replace(picture_of(*all->pools().list(), catalogue::system_clock_ns(), patience));
    return board.picture();
  }
  void round() {
    auto due = care->claim();
    ASSERT_TRUE(due) << due.error().message();
    Status done = care->round(*due, *picture());
    EXPECT_TRUE(done) << done.error().message();
  }
  // A second copy, as the pool that fetched it tells.
  void arrive(FileId file, PoolId pool) {
    Status added = all->replicas().add(file, pool);
    ASSERT_TRUE(added || added.error().code == Errc::exists);
    ASSERT_TRUE(all->replicas().arrived(file, pool, 10, ReplicaState::online));
  }
  void say_load(PoolId pool, std::uint64_t movers) {
    ASSERT_TRUE(all->pools().heartbeat(pool, {1000, 1000, 0, movers, 0}));
  }
  std::vector<catalogue::Replica> replicas(FileId file) { return *all->replicas().of_file(file); }
  // Pools that shall fetch the file.
  std::vector<PoolId> fetchers(FileId file) {
    std::vector<PoolId> out;
    for (const auto& replica : replicas(file))
      if (replica.state == ReplicaState::created) out.push_back(replica.pool);
    return out;
  }
  ReplicaState state(FileId file, PoolId pool) {
    for (const auto& replica : replicas(file))
      if (replica.pool == pool) return replica.state;
    throw std::runtime_error("no replica there");
  }

  static constexpr std::int64_t patience = 20'000'000'000;
  std::string folder;
  std::unique_ptr<catalogue::Catalogue> all;
  std::vector<PoolId> pools;
  Selection selection;
  std::optional<CopyCare> care;
  int files = 0;
};

TEST_F(CopyCareTest, one_copy_is_enough_where_nothing_is_said) {
  FileId file = file_on(pools[0]);
  EXPECT_EQ(*all->copies().waiting(), 0U);
  round();
  EXPECT_TRUE(fetchers(file).empty());
}

TEST_F(CopyCareTest, gives_other_pools_what_is_missing_and_is_done_when_it_arrived) {
  ASSERT_TRUE(all->copies().set("", 3));
  FileId file = file_on(pools[0]);
  round();
  ASSERT_EQ(fetchers(file).size(), 2U);
  EXPECT_EQ(*all->copies().waiting(), 1U);
  for (PoolId pool : fetchers(file))
    ASSERT_TRUE(all->replicas().arrived(file, pool, 10, ReplicaState::online));
  round();
  EXPECT_TRUE(fetchers(file).empty());
  EXPECT_EQ(*all->copies().waiting(), 0U);
}

TEST_F(CopyCareTest, keeps_looking_while_there_are_too_few_pools) {
  ASSERT_TRUE(all->copies().set("", 4));
  FileId file = file_on(pools[0]);
  round();
  EXPECT_EQ(fetchers(file).size(), 2U);
  EXPECT_EQ(*all->copies().waiting(), 1U);
}

TEST_F(CopyCareTest, a_draining_pool_lets_go_only_once_another_has_it) {
  FileId file = file_on(pools[0]);
  ASSERT_TRUE(all->pools().set_mode(pools[0], PoolMode::draining));
  round();
  auto next = fetchers(file);
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(state(file, pools[0]), ReplicaState::online);
  ASSERT_TRUE(all->replicas().arrived(file, next[0], 10, ReplicaState::online));
  round();
  EXPECT_EQ(state(file, pools[0]), ReplicaState::deleting);
}

TEST_F(CopyCareTest, a_broken_replica_is_replaced_from_a_good_one_and_then_given_up) {
  ASSERT_TRUE(all->copies().set("", 2));
  FileId file = file_on(pools[0]);
  round();
  PoolId second = fetchers(file).at(0);
  ASSERT_TRUE(all->replicas().arrived(file, second, 10, ReplicaState::online));
  round();
  ASSERT_TRUE(all->replicas().set_state(file, pools[0], ReplicaState::broken));
  round();
  auto third = fetchers(file);
  ASSERT_EQ(third.size(), 1U);
  EXPECT_NE(third[0], pools[0]);
  EXPECT_EQ(state(file, pools[0]), ReplicaState::broken);
  ASSERT_TRUE(all->replicas().arrived(file, third[0], 10, ReplicaState::online));
  round();
  EXPECT_EQ(state(file, pools[0]), ReplicaState::deleting);
}

TEST_F(CopyCareTest, a_broken_replica_is_replaced_in_its_place_where_there_is_no_other_pool) {
  ASSERT_TRUE(all->copies().set("", 3));
  FileId file = file_on(pools[0]);
  arrive(file, pools[1]);
  arrive(file, pools[2]);
  ASSERT_TRUE(all->replicas().set_state(file, pools[2], ReplicaState::broken));
  round();
  ASSERT_EQ(state(file, pools[2]), ReplicaState::deleting);
  ASSERT_TRUE(all->replicas().forget(file, pools[2]));
  ASSERT_TRUE(all->copies().check(file));
  round();
  EXPECT_EQ(fetchers(file), std::vector{pools[2]});
}

TEST_F(CopyCareTest, the_only_replica_stays_though_it_is_broken) {
  FileId file = file_on(pools[0]);
  ASSERT_TRUE(all->replicas().set_state(file, pools[0], ReplicaState::broken));
  round();
  EXPECT_TRUE(fetchers(file).empty());
  EXPECT_EQ(state(file, pools[0]), ReplicaState::broken);
}

TEST_F(CopyCareTest, a_mode_that_changes_while_somebody_looks_is_not_missed) {
  FileId file = file_on(pools[0]);
  ASSERT_TRUE(all->copies().check(file));
  auto due = care->claim();
  auto before = picture();
  ASSERT_TRUE(all->pools().set_mode(pools[0], PoolMode::draining));
  ASSERT_TRUE(care->round(*due, *before));
  round();
  EXPECT_EQ(fetchers(file).size(), 1U);
}

TEST_F(CopyCareTest, what_came_to_a_draining_pool_unseen_is_found) {
  ASSERT_TRUE(all->pools().set_mode(pools[0], PoolMode::draining));
  FileId file = file_on(pools[0]);  // after its files were noted
  EXPECT_EQ(*all->copies().waiting(), 0U);
  for (int i = 0; i < 62 && fetchers(file).empty(); ++i) round();
  EXPECT_EQ(fetchers(file).size(), 1U);
}

TEST_F(CopyCareTest, one_that_leaves_goes_when_another_is_there) {
  FileId file = file_on(pools[0]);
  ASSERT_TRUE(all->replicas().leave(file, pools[0]));
  round();
  ASSERT_EQ(fetchers(file).size(), 1U);
  EXPECT_EQ(state(file, pools[0]), ReplicaState::online);
  arrive(file, fetchers(file)[0]);
  round();
  EXPECT_EQ(state(file, pools[0]), ReplicaState::deleting);
}

TEST_F(CopyCareTest, what_is_too_many_becomes_cached_where_space_is_short) {
  FileId file = file_on(pools[0]);
  ASSERT_TRUE(all->pools().heartbeat(pools[1], {1000, 5, 0, 0, 0}));
  arrive(file, pools[1]);
  round();
  EXPECT_EQ(state(file, pools[0]), ReplicaState::online);
  EXPECT_EQ(state(file, pools[1]), ReplicaState::cached);
}

// Each knows other figures of the pools.
TEST_F(CopyCareTest, two_doors_that_give_up_different_ones_are_mended) {
  ASSERT_TRUE(all->copies().set("", 2));
  FileId file = file_on(pools[0]);
  arrive(file, pools[1]);
  arrive(file, pools[2]);
  for (PoolId pool : {pools[0], pools[1]})
    ASSERT_TRUE(all->replicas().set_state(file, pool, ReplicaState::cached));
  round();
  int online = 0;
  for (PoolId pool : pools) online += state(file, pool) == ReplicaState::online ? 1 : 0;
  EXPECT_EQ(online, 2);
}

TEST_F(CopyCareTest, nothing_becomes_cached_while_a_pool_is_silent) {
  FileId file = file_on(pools[0]);
  arrive(file, pools[1]);
  auto due = care->claim();
  PoolBoard board;
  board.replace(picture_of(*all->pools().list(), catalogue::system_clock_ns(), patience));
  board.set_reachable(pools[0], false);
  ASSERT_TRUE(care->round(*due, *board.picture()));
  EXPECT_EQ(state(file, pools[0]), ReplicaState::online);
  EXPECT_EQ(state(file, pools[1]), ReplicaState::online);
}

TEST_F(CopyCareTest, a_cached_one_counts_as_soon_as_it_is_needed) {
  FileId file = file_on(pools[0]);
  arrive(file, pools[1]);
  round();
  PoolId cached = pools[state(file, pools[0]) == ReplicaState::cached ? 0 : 1];
  PoolId other = pools[state(file, pools[0]) == ReplicaState::cached ? 1 : 0];
  ASSERT_EQ(state(file, cached), ReplicaState::cached);
  ASSERT_TRUE(all->replicas().set_state(file, other, ReplicaState::broken));
  round();
  EXPECT_EQ(state(file, cached), ReplicaState::online);
  EXPECT_EQ(state(file, other), ReplicaState::deleting);
  EXPECT_TRUE(fetchers(file).empty());
}

TEST_F(CopyCareTest, a_file_that_many_read_goes_where_there_is_less_to_do) {
  FileId file = file_on(pools[0]);
  say_load(pools[0], 100);
  say_load(pools[1], 90);
  say_load(pools[2], 0);
  // Between the two idle enough for it chance decides, weighed with their load.
  for (int i = 0; i < 50 && fetchers(file).empty(); ++i)
    ASSERT_TRUE(care->relieve(file, *picture()));
  EXPECT_EQ(fetchers(file), std::vector{pools[2]});
  ASSERT_TRUE(care->relieve(file, *picture()));  // one is coming
  EXPECT_EQ(fetchers(file).size(), 1U);
}

TEST_F(CopyCareTest, no_copy_of_a_hot_file_where_all_pools_are_as_busy) {
  FileId file = file_on(pools[0]);
  for (PoolId pool : pools) say_load(pool, 100);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(care->relieve(file, *picture()));
  EXPECT_TRUE(fetchers(file).empty());
}

TEST_F(CopyCareTest, copies_go_where_the_rules_want_uploads) {
  const std::vector<std::string> rules{"write path=/ -> name=p3 only"};
  selection = Selection::parse(rules).value();
  ASSERT_TRUE(all->copies().set("", 3));
  FileId file = file_on(pools[0]);
  round();
  EXPECT_EQ(fetchers(file), std::vector{pools[2]});
  EXPECT_EQ(*all->copies().waiting(), 1U);
}

TEST_F(CopyCareTest, a_removed_file_is_forgotten) {
  ASSERT_TRUE(all->copies().set("", 2));
  FileId file = file_on(pools[0]);
  ASSERT_TRUE(all->names().remove(catalogue::root_directory, "f1"));
  round();
  EXPECT_EQ(*all->copies().waiting(), 0U);
  EXPECT_TRUE(fetchers(file).empty());
}

}  // namespace
}  // namespace sluice::door
