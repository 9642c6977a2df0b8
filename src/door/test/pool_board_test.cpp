// SPDX-License-Identifier: Apache-2.0
#include "door/pool_board.h"

#include <gtest/gtest.h>

#include <map>

namespace sluice::door {
namespace {

using catalogue::Pool;
using catalogue::PoolMode;
using catalogue::Replica;
using catalogue::ReplicaState;

constexpr std::int64_t now = 100'000'000'000;
constexpr std::int64_t patience = 20'000'000'000;

Pool pool(std::int64_t id, std::uint64_t free = 1000, std::uint64_t movers = 0) {
  Pool out;
  out.id = {id};
  out.name = "p" + std::to_string(id);
  out.heartbeat_ns = now;
  out.load = {2000, free, 0, movers, 0};
  out.addresses = {"root://" + out.name + ":1095"};
  return out;
}

Replica replica(std::int64_t pool, ReplicaState state = ReplicaState::online) {
  return {{1}, {pool}, state, 10, 0};
}

class PoolBoardTest : public testing::Test {
 protected:
  void show(std::vector<Pool> pools) { board.replace(picture_of(std::move(pools), now, patience)); }
  std::int64_t reader(std::vector<Replica> replicas, std::vector<std::int64_t> excluded = {}) {
    auto chosen = choose_for_reading(*board.picture(), replicas, excluded);
    return chosen ? chosen->pool.id.number : 0;
  }
  std::int64_t writer(std::uint64_t size, std::vector<std::int64_t> excluded = {}) {
    auto chosen = choose_for_writing(*board.picture(), size, excluded);
    return chosen ? chosen->pool.id.number : 0;
  }
  PoolBoard board;
};

TEST_F(PoolBoardTest, reads_where_a_readable_replica_is) {
  show({pool(1), pool(2), pool(3)});
  EXPECT_EQ(reader({replica(2)}), 2);
  EXPECT_EQ(reader({replica(1, ReplicaState::broken), replica(3, ReplicaState::cached)}), 3);
  for (ReplicaState state : {ReplicaState::created, ReplicaState::broken, ReplicaState::deleting})
    EXPECT_EQ(reader({replica(1, state)}), 0);
  EXPECT_EQ(reader({}), 0);
  EXPECT_EQ(reader({replica(9)}), 0);  // of a pool that nobody knows
}

TEST_F(PoolBoardTest, reads_from_the_least_loaded_and_counts_those_it_sent) {
  show({pool(1, 1000, 50), pool(2, 1000, 0)});
  std::map<std::int64_t, int> got;
  for (int i = 0; i < 60; ++i) ++got[reader({replica(1), replica(2)})];
  EXPECT_GE(got[2], 50);
  EXPECT_GE(got[1], 1);  // once the other has as many
}

TEST_F(PoolBoardTest, passes_over_excluded_disabled_silent_and_unreachable_pools) {
  Pool disabled = pool(2);
  disabled.mode = PoolMode::disabled;
  Pool silent = pool(3);
  silent.heartbeat_ns = now - patience - 1;
  show({pool(1), disabled, silent, pool(4)});
  std::vector<Replica> everywhere = {replica(1), replica(2), replica(3), replica(4)};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(reader(everywhere, {1}), 4);
  board.set_reachable({4}, false);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(reader(everywhere), 1);
  EXPECT_EQ(writer(1, {1}), 0);
  show({pool(1), pool(4)});  // the next picture knows it too
  EXPECT_EQ(writer(1, {1}), 0);
  board.set_reachable({4}, true);
  EXPECT_EQ(writer(1, {1}), 4);
}

TEST_F(PoolBoardTest, read_only_and_draining_pools_are_read_but_not_written) {
  Pool closed = pool(1);
  closed.mode = PoolMode::read_only;
  Pool draining = pool(2);
  draining.mode = PoolMode::draining;
  show({closed, draining});
  EXPECT_EQ(reader({replica(1)}), 1);
  EXPECT_EQ(reader({replica(2)}), 2);
  EXPECT_EQ(writer(1), 0);
}

TEST_F(PoolBoardTest, writes_where_there_is_room_for_what_was_promised_too) {
  show({pool(1, 100), pool(2, 1000)});
  for (int i = 0; i < 20; ++i) {
    show({pool(1, 100), pool(2, 1000)});
    EXPECT_EQ(writer(500), 2);
  }
  EXPECT_EQ(writer(500), 2);
  EXPECT_EQ(writer(500), 0);  // both promises of 500 bytes are out
  EXPECT_EQ(writer(1001), 0);
  show({pool(1, 0)});
  EXPECT_EQ(writer(0), 0);
}

TEST_F(PoolBoardTest, a_larger_pool_gets_more_and_a_smaller_one_something) {
  std::map<std::int64_t, int> got;
  for (int i = 0; i < 2000; ++i) {
    show({pool(1, 1000), pool(2, 9000)});
    ++got[writer(1)];
  }
  EXPECT_GT(got[2], 1600);
  EXPECT_GT(got[1], 100);
}

TEST_F(PoolBoardTest, what_has_no_usable_address_is_left_out) {
  Pool nowhere = pool(1);
  nowhere.addresses = {};
  Pool odd = pool(2);
  odd.addresses = {"http://p2"};
  show({nowhere, odd, pool(3)});
  EXPECT_EQ(board.picture()->size(), 1U);
  EXPECT_FALSE(board.find({1}));
  EXPECT_EQ(board.find({3})->address, (Endpoint{"p3", 1095}));
}

}  // namespace
}  // namespace sluice::door
