// SPDX-License-Identifier: Apache-2.0
#include "catalogue/pools.h"

#include "catalogue/test/fixture.h"

namespace sluice::catalogue {
namespace {

class PoolsTest : public CatalogueTest {
 protected:
  Pools& pools = catalogue->pools();
};
INSTANTIATE_TEST_SUITE_P(Engines, PoolsTest, both_engines, engine_name);

TEST_P(PoolsTest, EnterIsKnownByItsName) {
  Pool first = pools.enter("p", {"root://a:1", "roots://a:1"}, {{"rack", "7"}}).value();
  ASSERT_TRUE(pools.set_mode(first.id, PoolMode::draining));
  clock.pass(1'000);
  Pool again = pools.enter("p", {"root://b:1"}, {{"rack", "8"}, {"tier", "a=b"}}).value();
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.mode, PoolMode::draining);
  EXPECT_GT(again.heartbeat_ns, first.heartbeat_ns);
  Pool found = pools.find("p").value();
  EXPECT_EQ(found.addresses, std::vector<std::string>{"root://b:1"});
  EXPECT_EQ(found.tags, (Texts{{"rack", "8"}, {"tier", "a=b"}}));
  EXPECT_EQ(code_of(pools.find("q")), Errc::not_found);
  EXPECT_EQ(code_of(pools.enter("p", {"two\nlines"}, {})), Errc::invalid_argument);
  EXPECT_EQ(code_of(pools.enter("p", {}, {{"k=", "v"}})), Errc::invalid_argument);
}

TEST_P(PoolsTest, HeartbeatKeepsTheLoad) {
  Pool pool = pools.enter("p", {}, {}).value();
  clock.pass(1'000);
  ASSERT_TRUE(pools.heartbeat(
      pool.id, {.total = 1ULL << 60U, .free = 5, .reserved = 4, .movers = 3, .queued = 2}));
  Pool found = pools.list().value().at(0);
  EXPECT_EQ(found.load.total, 1ULL << 60U);
  EXPECT_EQ(found.load.free, 5U);
  EXPECT_EQ(found.load.reserved, 4U);
  EXPECT_EQ(found.load.movers, 3U);
  EXPECT_EQ(found.load.queued, 2U);
  EXPECT_GT(found.heartbeat_ns, pool.heartbeat_ns);
  EXPECT_EQ(code_of(pools.heartbeat(PoolId{4711}, {})), Errc::not_found);
  EXPECT_EQ(code_of(pools.set_mode(PoolId{4711}, PoolMode::enabled)), Errc::not_found);
}

TEST_P(PoolsTest, Settings) {
  PoolId p = pool();
  ASSERT_TRUE(pools.set(p, "queue.regular.max_active", "1000"));
  ASSERT_TRUE(pools.set(p, "queue.regular.max_active", "500"));
  ASSERT_TRUE(pools.set(p, "note", "line one\nline two"));
  EXPECT_EQ(pools.settings(p).value(),
            (Texts{{"note", "line one\nline two"}, {"queue.regular.max_active", "500"}}));
  ASSERT_TRUE(pools.set(p, "note", std::nullopt));
  EXPECT_EQ(pools.settings(p).value().size(), 1U);
  EXPECT_EQ(code_of(pools.set(PoolId{4711}, "a", "b")), Errc::not_found);
}

TEST_P(PoolsTest, RemoveOnlyWithoutReplicas) {
  PoolId p = pool();
  ASSERT_TRUE(pools.set(p, "a", "b"));
  ASSERT_TRUE(upload(root_directory, "f", 1));
  EXPECT_EQ(code_of(pools.remove(p)), Errc::exists);
  Entry file = names.remove(root_directory, "f").value();
  ASSERT_TRUE(catalogue->replicas().forget(file.id, p));
  EXPECT_TRUE(pools.remove(p));
  EXPECT_EQ(code_of(pools.remove(p)), Errc::not_found);
  EXPECT_TRUE(pools.list().value().empty());
}

}  // namespace
}  // namespace sluice::catalogue
