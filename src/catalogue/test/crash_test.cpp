// SPDX-License-Identifier: Apache-2.0
// What a killed program and a killed server leave: all of a transaction or nothing, and everything that was acknowledged.
#include "base/fd.h"
#include "catalogue/test/fixture.h"

#include <sys/wait.h>

#include <random>
#include <set>
#include <thread>

namespace sluice::catalogue {
namespace {

class CrashTest : public EngineTest {
 protected:
  // Files, their replicas and the quota tell the same story.
  void expect_whole(Catalogue& catalogue, const std::set<std::int64_t>& acknowledged) {
    std::set<std::int64_t> seen;
    const Page page = catalogue.names().list(root_directory, "", max_page).value();
    for (const Entry& entry : page.entries) {
      seen.insert(entry.id.number);
      EXPECT_EQ(entry.size, 42U);
      EXPECT_EQ(entry.checksums.size(), 1U);
      const auto replicas = catalogue.replicas().of_file(entry.id).value();
      ASSERT_EQ(replicas.size(), 1U);
      EXPECT_EQ(replicas[0].state, ReplicaState::online);
    }
    for (std::int64_t id : acknowledged) EXPECT_TRUE(seen.contains(id)) << id;
    EXPECT_EQ(catalogue.quotas().get(owner).value().used_files, seen.size());
    clock.pass(std::int64_t{1} << 50U);
    const auto uploads = catalogue.uploads().expired(max_page).value();
    EXPECT_LE(uploads.size(), crashes);
    for (const Entry& upload : uploads) {
      EXPECT_TRUE(catalogue.replicas().of_file(upload.id).value().empty());
    }
  }

  static Result<Entry> put(Catalogue& catalogue, PoolId pool, const std::string& name) {
    SLUICE_TRY(const Entry made, catalogue.uploads().begin(root_directory, name, {}));
    return catalogue.uploads().commit(
        made.id, {.pool = pool, .size = 42, .checksums = {{"adler32", "00000001"}}});
  }

  static constexpr QuotaSubject owner{QuotaKind::user, 0};
  std::size_t crashes = 0;
};

class ProgramCrashTest : public CrashTest {};
INSTANTIATE_TEST_SUITE_P(Engines, ProgramCrashTest, both_engines, engine_name);

constexpr std::size_t threads_of_program = 4;

// Uploads until it is killed, and tells each success through a pipe.
[[noreturn]] void upload_until_killed(const CatalogueConfig& config, Clock clock, PoolId pool,
                                      int round, int to_parent,
                                      Result<Entry> (*put)(Catalogue&, PoolId,
                                                           const std::string&)) {
  auto catalogue = Catalogue::open(config, std::move(clock));
  if (!catalogue) ::_exit(1);
  std::vector<std::jthread> threads;
  for (std::size_t w = 0; w < threads_of_program; ++w) {
    threads.emplace_back([&, w] {
      const std::string prefix = std::to_string(round) + "-" + std::to_string(w) + "-";
      for (int i = 0;; ++i) {
        auto done = put(**catalogue, pool, prefix + std::to_string(i));
        if (!done) ::_exit(1);
        const std::int64_t id = done->id.number;
        if (::write(to_parent, &id, sizeof id) != sizeof id) ::_exit(1);
      }
    });
  }
  threads.clear();
  ::_exit(1);
}

TEST_P(ProgramCrashTest, KilledAnywhereLeavesAllOrNothing) {
  PoolId pool;
  {
    auto catalogue = open();
    pool = catalogue->pools().enter("p", {}, {}).value().id;
    ASSERT_TRUE(catalogue->quotas().set(owner, {}, 1'000'000));
  }
  std::minstd_rand random(4711);
  std::set<std::int64_t> acknowledged;
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) upload_until_killed(config, clock, pool, round, ends[1], &put);
    ::close(ends[1]);
    Fd from_child(ends[0]);
    auto read_one = [&] {
      std::int64_t id = 0;
      if (::read(from_child.get(), &id, sizeof id) != sizeof id) return false;
      acknowledged.insert(id);
      return true;
    };
    for (std::size_t i = 0; i < 5 * threads_of_program; ++i) ASSERT_TRUE(read_one());
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (read_one()) {
    }
    crashes += threads_of_program;  // each was in the middle of something
  }
  expect_whole(*open(), acknowledged);
}

class ServerCrashTest : public CrashTest {};
INSTANTIATE_TEST_SUITE_P(Engines, ServerCrashTest, testing::Values(sql::Engine::postgresql),
                         engine_name);

TEST_P(ServerCrashTest, RestartHealsWithoutAnError) {
  auto catalogue = open();
  for (int signal : {SIGINT, SIGQUIT}) {
    ASSERT_TRUE(catalogue->names().lookup("/"));
    PostgresServer::instance().stop(signal);
    Result<Entry> made = fail(Errc::server);
    {
      std::jthread door([&] {
        made = catalogue->names().make_directory(root_directory, std::to_string(signal), {});
      });
      PostgresServer::instance().start();
    }
    EXPECT_TRUE(made) << made.error().message();
  }
  EXPECT_EQ(catalogue->names().list(root_directory, "", 10).value().entries.size(), 2U);
}

TEST_P(ServerCrashTest, ADeadServerIsAnErrorInTime) {
  config.patience = Duration{300};
  auto catalogue = open();
  PostgresServer::instance().stop(SIGINT);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(code_of(catalogue->names().lookup("/")), Errc::connection);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  PostgresServer::instance().start();
  EXPECT_TRUE(catalogue->names().lookup("/"));
}

TEST_P(ServerCrashTest, NothingAcknowledgedIsLost) {
  auto catalogue = open();
  const PoolId pool = catalogue->pools().enter("p", {}, {}).value().id;
  ASSERT_TRUE(catalogue->quotas().set(owner, {}, 1'000'000));
  std::mutex mutex;
  std::set<std::int64_t> acknowledged;
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 3; ++w) {
      writers.emplace_back([&, w](const std::stop_token& stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
          auto done = put(*catalogue, pool, std::to_string(w) + "-" + std::to_string(i));
          std::scoped_lock lock(mutex);
          if (done) {
            acknowledged.insert(done->id.number);
          } else {
            ++crashes;  // an outcome that nobody knows
          }
        }
      });
    }
    for (int round = 0; round < 3; ++round) {
      std::this_thread::sleep_for(std::chrono::milliseconds(150));
      PostgresServer::instance().stop(SIGQUIT);
      PostgresServer::instance().start();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
  }
  EXPECT_LE(crashes, 9U);  // at most one for each writer and crash
  EXPECT_GT(acknowledged.size(), 20U);
  expect_whole(*catalogue, acknowledged);
}

}  // namespace
}  // namespace sluice::catalogue
