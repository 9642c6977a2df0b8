// SPDX-License-Identifier: Apache-2.0
#include "pool/fetcher.h"

#include "base/test/run.h"
#include "pool/test/fixture.h"

namespace sluice::pool {
namespace {

using catalogue::ReplicaState;

class FetcherTest : public PoolTest {
 protected:
  // A file of another pool that this one shall have too.
  FileId wanted_here() {
    const catalogue::PoolId other = all->pools().enter("p2", {"root://127.0.0.1:1"}, {})->id;
    catalogue::NewUpload upload;
    upload.pool = other;
    const FileId made = all->uploads().begin(catalogue::root_directory, "f", upload)->id;
    EXPECT_TRUE(all->uploads().commit(made, {other, 10, {{"adler32", "0a1b2c3d"}}}));
    EXPECT_TRUE(all->replicas().add(made, id));
    return made;
  }
  ReplicaState state_here(FileId file) {
    const auto replicas = *all->replicas().of_file(file);
    for (const auto& replica : replicas)
      if (replica.pool == id) return replica.state;
    throw std::runtime_error("no replica here");
  }
  void round(PoolService& of) {
    Fetcher fetcher(of);
    run([](Fetcher* fetcher) -> asio::awaitable<void> { co_await fetcher->round(); }(&fetcher));
  }
};

TEST_F(FetcherTest, without_room_the_copy_goes_back_to_the_doors) {
  keys.replace({{1, std::vector<std::byte>(32)}});
  const FileId file = wanted_here();
  PoolService full(xroot::server::ServerConfig{},
                   PoolParts{all.get(), &keys, store.get(), movers.get(), billing.get(), id,
                             std::uint64_t{1} << 62},
                   metrics, blocking);
  round(full);
  EXPECT_EQ(state_here(file), ReplicaState::deleting);
  EXPECT_EQ(all->copies().claim(10, Duration(1))->at(0).file, file);
}

TEST_F(FetcherTest, a_pool_that_cannot_be_reached_is_asked_again) {
  keys.replace({{1, std::vector<std::byte>(32)}});
  const FileId file = wanted_here();
  round(*service);
  EXPECT_EQ(state_here(file), ReplicaState::created);
}

}  // namespace
}  // namespace sluice::pool
