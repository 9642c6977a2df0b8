// SPDX-License-Identifier: Apache-2.0
#include "catalogue/sql/group_commit.h"

#include "catalogue/test/fixture.h"

#include <latch>
#include <set>
#include <thread>

namespace sluice::catalogue {
namespace {

using sql::GroupCommit;
using sql::Outcome;
using sql::Session;
using sql::Step;

constexpr sql::Query insert{"INSERT INTO mark (number) VALUES (:number)", "i", ""};
constexpr sql::Query all{"SELECT number FROM mark ORDER BY number", "", "i"};

GroupCommit::Deadline in(Duration time) { return std::chrono::steady_clock::now() + time; }

class GroupCommitTest : public testing::Test {
 protected:
  GroupCommitTest() {
    must(reader->run_once("CREATE TABLE other (id INTEGER PRIMARY KEY)"));
    must(reader->run_once(
        "CREATE TABLE mark (number INTEGER PRIMARY KEY, other INTEGER REFERENCES other (id))"));
  }
  static void must(const Status& status) {
    if (!status) throw std::runtime_error(status.error().message());
  }
  static Status mark(Session& session, std::int64_t number) {
    SLUICE_TRY([[maybe_unused]] auto rows, session.run(insert, {number}));
    return {};
  }
  std::set<std::int64_t> marks() {
    std::set<std::int64_t> out;
    EXPECT_TRUE(reader->run(all, {}, [&](const sql::Row& row) { out.insert(row.integer(0)); }));
    return out;
  }

  Outcome outcome_of(const Step& step) {
    try {
      return group.run(step, in(Duration{60'000}));
    } catch (const std::logic_error&) {
      return {fail(Errc::unsupported, "an exception")};
    }
  }

  // What becomes of steps that share a transaction: they queue while the step before them, which marks 1000, holds the
  // writer.
  std::vector<Outcome> together(const std::vector<Step>& steps) {
    std::vector<Outcome> out(steps.size());
    std::latch holds(1);
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
      const Step first = [&](Session& session) {
        holds.count_down();
        while (group.waiting() < steps.size()) std::this_thread::yield();
        return mark(session, 1'000);
      };
      EXPECT_TRUE(outcome_of(first).status);
    });
    holds.wait();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      threads.emplace_back([&, i] { out[i] = outcome_of(steps[i]); });
      // In this order; the last one lets them go.
      while (i + 1 < steps.size() && group.waiting() < i + 1) std::this_thread::yield();
    }
    threads.clear();
    return out;
  }

  Folder folder;
  sql::Address address{sql::Engine::sqlite, (folder.path() / "db").string()};
  std::unique_ptr<Session> reader = Session::connect(address, Duration{5'000}).value();
  GroupCommit group{address, Duration{5'000}};
};

TEST_F(GroupCommitTest, AloneItIsOneTransaction) {
  EXPECT_TRUE(
      group.run([](Session& session) { return mark(session, 1); }, in(Duration{5'000})).status);
  Outcome failed = group.run(
      [](Session& session) -> Status {
        must(mark(session, 2));
        return fail(Errc::quota);
      },
      in(Duration{5'000}));
  EXPECT_EQ(code_of(failed.status), Errc::quota);
  EXPECT_FALSE(failed.may_repeat);
  EXPECT_EQ(marks(), (std::set<std::int64_t>{1}));
}

TEST_F(GroupCommitTest, ThoseThatWaitShareACommit) {
  std::vector<Step> steps;
  for (std::int64_t i = 0; i < 8; ++i) {
    steps.emplace_back([this, i](Session& session) {
      EXPECT_EQ(marks(), (std::set<std::int64_t>{1'000}));  // none of us is committed
      return mark(session, i);
    });
  }
  for (const Outcome& outcome : together(steps)) EXPECT_TRUE(outcome.status);
  EXPECT_EQ(marks().size(), 9U);
}

TEST_F(GroupCommitTest, AFailureHarmsNobodyElse) {
  std::vector<Step> steps;
  for (std::int64_t i = 0; i < 9; ++i) {
    steps.emplace_back([i](Session& session) -> Status {
      must(mark(session, i));
      if (i % 3 == 1) return fail(Errc::quota);
      if (i % 3 == 2) return mark(session, i - 2);  // is there
      return {};
    });
  }
  const auto outcomes = together(steps);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (i % 3 == 0) EXPECT_TRUE(outcomes[i].status);
    if (i % 3 == 1) EXPECT_EQ(code_of(outcomes[i].status), Errc::quota);
    if (i % 3 == 2) EXPECT_EQ(code_of(outcomes[i].status), Errc::exists);
    EXPECT_FALSE(outcomes[i].may_repeat);
  }
  EXPECT_EQ(marks(), (std::set<std::int64_t>{0, 3, 6, 1'000}));
}

TEST_F(GroupCommitTest, AnExceptionReachesItsOwnCaller) {
  const auto outcomes = together({[](Session& session) { return mark(session, 1); },
                                  [](Session& session) -> Status {
                                    must(mark(session, 2));
                                    throw std::logic_error("a bug");
                                  },
                                  [](Session& session) { return mark(session, 3); }});
  EXPECT_TRUE(outcomes[0].status);
  EXPECT_EQ(code_of(outcomes[1].status), Errc::unsupported);
  EXPECT_TRUE(outcomes[2].status);
  EXPECT_EQ(marks(), (std::set<std::int64_t>{1, 3, 1'000}));
}

TEST_F(GroupCommitTest, ABrokenTransactionIsRepeatedByTheOthers) {
  std::vector<Step> steps;
  for (std::int64_t i = 0; i < 5; ++i) {
    steps.emplace_back([i](Session& session) -> Status {
      must(mark(session, i));
      if (i != 2) return {};
      must(session.run_once("ROLLBACK"));  // what SQLite does by itself when the disk is full
      return fail(Errc::no_space);
    });
  }
  const auto outcomes = together(steps);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(code_of(outcomes[i].status), i == 2 ? Errc::no_space : Errc::overloaded);
    EXPECT_EQ(outcomes[i].may_repeat, i != 2);
  }
  EXPECT_EQ(marks(), (std::set<std::int64_t>{1'000}));
  EXPECT_TRUE(group.run(steps[0], in(Duration{5'000})).status);
}

TEST_F(GroupCommitTest, NothingIsAcknowledgedWhenTheCommitFails) {
  std::vector<Step> steps{[](Session& session) { return mark(session, 1); },
                          [](Session& session) -> Status {
                            // Found out at the end only.
                            must(session.run_once("PRAGMA defer_foreign_keys = ON"));
                            return session.run_once("INSERT INTO mark VALUES (2, 4711)");
                          },
                          [](Session& session) { return mark(session, 3); }};
  for (const Outcome& outcome : together(steps)) {
    EXPECT_EQ(code_of(outcome.status), Errc::conflict);
    EXPECT_FALSE(outcome.may_repeat);
  }
  EXPECT_EQ(marks(), (std::set<std::int64_t>{1'000}));
  EXPECT_TRUE(group.run(steps[0], in(Duration{5'000})).status);
}

TEST_F(GroupCommitTest, WaitingForOthersIsBounded) {
  std::latch holds(1);
  std::latch refused(1);
  std::jthread slow([&] {
    const Step first = [&](Session& session) {
      holds.count_down();
      refused.wait();
      return mark(session, 1);
    };
    EXPECT_TRUE(group.run(first, in(Duration{60'000})).status);
  });
  holds.wait();
  bool ran = false;
  Outcome late = group.run(
      [&](Session&) -> Status {
        ran = true;
        return {};
      },
      in(Duration{1}));
  EXPECT_EQ(code_of(late.status), Errc::overloaded);
  EXPECT_FALSE(ran);
  EXPECT_EQ(group.waiting(), 0U);
  refused.count_down();
}

TEST_F(GroupCommitTest, AnotherProgramInTheFileIsWaitedFor) {
  GroupCommit impatient(address, Duration{1});
  must(reader->begin_write());
  const Step step = [](Session& session) { return mark(session, 1); };
  Outcome busy = impatient.run(step, in(Duration{5'000}));
  EXPECT_EQ(code_of(busy.status), Errc::overloaded);
  EXPECT_TRUE(busy.may_repeat);
  must(reader->commit());
  EXPECT_TRUE(impatient.run(step, in(Duration{5'000})).status);
}

class MixedLoadTest : public CatalogueTest {};
INSTANTIATE_TEST_SUITE_P(Engines, MixedLoadTest, both_engines, engine_name);

// Each thread makes, moves and removes in a directory that all share, half of it in vain.
TEST_P(MixedLoadTest, EverybodyEndsAndTheQuotaIsExact) {
  constexpr int threads = 12;
  constexpr int rounds = 25;
  const QuotaSubject owner{QuotaKind::user, 0};
  ASSERT_TRUE(catalogue->quotas().set(owner, {}, 100'000));
  const FileId shared = directory("/shared").id;
  const PoolId target = pool();
  {
    std::vector<std::jthread> doors;
    for (int t = 0; t < threads; ++t) {
      doors.emplace_back([&, t] {
        Uploads& uploads = catalogue->uploads();
        for (int i = 0; i < rounds; ++i) {
          const std::string name = "f" + std::to_string((t * rounds + i) % 40);
          auto begun = uploads.begin(shared, name, {.replaces = i % 2 == 0, .pool = target});
          const bool wanted = begun && i % 5 != 0;
          const bool done =
              wanted && uploads.commit(begun->id, {.pool = target, .size = 3}).has_value();
          if (begun && !done) EXPECT_TRUE(uploads.abort(begun->id));
          if (i % 7 == 0) static_cast<void>(names.remove(shared, name));
          if (i % 11 == 0) static_cast<void>(names.rename(shared, name, root_directory, name));
          EXPECT_TRUE(names.list(shared, "", 10));
        }
      });
    }
  }
  const std::size_t files = names.list(shared, "", max_page).value().entries.size() +
                            names.list(root_directory, "", max_page).value().entries.size() - 1;
  const Quota quota = catalogue->quotas().get(owner).value();
  EXPECT_EQ(quota.used_files, files);
  EXPECT_EQ(quota.used_bytes, files * 3);
  EXPECT_TRUE(catalogue->uploads().unfinished_on(target, {}, 10).value().empty());
}

}  // namespace
}  // namespace sluice::catalogue
