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
    care.emplace(*all, Duration(3'600'000));
    for (const char* pool : {"p1", "p2", "p3"}) pools.push_back(enter(pool));
  }
  ~CopyCareTest() override { std::filesystem::remove_all(folder); }

  PoolId enter(const std::string& name) {
    PoolId id = all->pools().enter(name, {"root://" + name}, {})->id;
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
  void round() {
    PoolBoard board;
    board.replace(picture_of(*all->pools().list(), catalogue::system_clock_ns(), patience));
    Status done = care->round(*board.picture());
    EXPECT_TRUE(done) << done.error().message();
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
  ASSERT_TRUE(all->copies().check_pool(pools[0]));
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

TEST_F(CopyCareTest, the_only_replica_stays_though_it_is_broken) {
  FileId file = file_on(pools[0]);
  ASSERT_TRUE(all->replicas().set_state(file, pools[0], ReplicaState::broken));
  round();
  EXPECT_TRUE(fetchers(file).empty());
  EXPECT_EQ(state(file, pools[0]), ReplicaState::broken);
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
