// SPDX-License-Identifier: Apache-2.0
#include "catalogue/quotas.h"

#include "catalogue/test/fixture.h"

#include <thread>

namespace sluice::catalogue {
namespace {

class QuotasTest : public CatalogueTest {
 protected:
  QuotasTest() { pool(); }
  Quotas& quotas = catalogue->quotas();
  NewUpload by(std::int64_t owner, std::int64_t group = 0) {
    return {.entry = {.mode = 0644, .owner = owner, .group = group}};
  }
  void expect_used(QuotaSubject subject, std::uint64_t bytes, std::uint64_t files) {
    const Quota quota = quotas.get(subject).value();
    EXPECT_EQ(quota.used_bytes, bytes);
    EXPECT_EQ(quota.used_files, files);
    const Quota counted = quotas.recount(subject).value();
    EXPECT_EQ(counted.used_bytes, bytes);
    EXPECT_EQ(counted.used_files, files);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, QuotasTest, both_engines, engine_name);

constexpr QuotaSubject user7{QuotaKind::user, 7};
constexpr QuotaSubject group9{QuotaKind::group, 9};

TEST_P(QuotasTest, ANewQuotaCountsWhatIsThere) {
  Entry d = directory("/d/e");
  ASSERT_TRUE(upload(d.id, "f", 10, by(7, 9)));
  ASSERT_TRUE(upload(root_directory, "g", 5, by(7)));
  ASSERT_TRUE(catalogue->uploads().begin(d.id, "unfinished", by(7, 9)));
  EXPECT_EQ(quotas.set(user7, 100, {}).value().used_bytes, 15U);
  EXPECT_EQ(quotas.set(group9, {}, 5).value().used_files, 1U);
  const QuotaSubject top{QuotaKind::directory, names.lookup("/d").value().id.number};
  EXPECT_EQ(quotas.set(top, 100, 100).value().used_bytes, 10U);
  EXPECT_EQ(quotas.list().value().size(), 3U);
  EXPECT_EQ(code_of(quotas.set({QuotaKind::directory, 4'711}, 1, 1)), Errc::not_found);
  ASSERT_TRUE(quotas.remove(top));
  EXPECT_EQ(code_of(quotas.get(top)), Errc::not_found);
  EXPECT_EQ(code_of(quotas.remove(top)), Errc::not_found);
}

TEST_P(QuotasTest, LimitsHoldAtBeginAndAtCommit) {
  ASSERT_TRUE(quotas.set(user7, 100, 3));
  Uploads& uploads = catalogue->uploads();
  NewUpload large = by(7);
  large.expected_size = 101;
  EXPECT_EQ(code_of(uploads.begin(root_directory, "a", large)), Errc::quota);
  EXPECT_EQ(code_of(upload(root_directory, "a", 101, by(7))), Errc::quota);
  EXPECT_EQ(code_of(names.lookup("/a")), Errc::not_found);
  Entry a = uploads.find(root_directory, "a").value().value();
  EXPECT_TRUE(catalogue->replicas().of_file(a.id).value().empty());
  ASSERT_TRUE(uploads.abort(a.id));
  EXPECT_TRUE(upload(root_directory, "a", 100, by(7)));
  EXPECT_TRUE(upload(root_directory, "b", 0, by(7)));
  EXPECT_TRUE(upload(root_directory, "c", 0, by(7)));
  EXPECT_EQ(code_of(uploads.begin(root_directory, "d", by(7))), Errc::quota);
  EXPECT_TRUE(upload(root_directory, "e", 1'000, by(8)));
  expect_used(user7, 100, 3);
  ASSERT_TRUE(names.remove(root_directory, "a"));
  expect_used(user7, 0, 2);
}

TEST_P(QuotasTest, DirectoriesCountWhatIsBelow) {
  Entry outer = directory("/outer");
  Entry inner = directory("/outer/inner");
  Entry other = directory("/other");
  const QuotaSubject of_outer{QuotaKind::directory, outer.id.number};
  const QuotaSubject of_inner{QuotaKind::directory, inner.id.number};
  const QuotaSubject of_other{QuotaKind::directory, other.id.number};
  ASSERT_TRUE(quotas.set(of_outer, 1'000, {}));
  ASSERT_TRUE(quotas.set(of_inner, 100, {}));
  ASSERT_TRUE(quotas.set(of_other, 50, {}));
  Entry deep = directory("/outer/inner/x/y");
  ASSERT_TRUE(upload(deep.id, "f", 60));
  EXPECT_EQ(code_of(upload(deep.id, "g", 41)), Errc::quota);
  expect_used(of_inner, 60, 1);
  expect_used(of_outer, 60, 1);
  // Too large for the other one, so nothing moves.
  EXPECT_EQ(code_of(names.rename(inner.id, "x", other.id, "x")), Errc::quota);
  EXPECT_EQ(names.path_of(deep.id).value(), "/outer/inner/x/y");
  // Within the outer one only the inner one changes.
  ASSERT_TRUE(names.rename(inner.id, "x", outer.id, "x"));
  expect_used(of_inner, 0, 0);
  expect_used(of_outer, 60, 1);
  ASSERT_TRUE(quotas.set(of_other, 60, {}));
  ASSERT_TRUE(names.rename(outer.id, "x", other.id, "x"));
  expect_used(of_outer, 0, 0);
  expect_used(of_other, 60, 1);
}

TEST_P(QuotasTest, AQuotaEndsWithItsDirectory) {
  Entry d = directory("/d");
  ASSERT_TRUE(quotas.set({QuotaKind::directory, d.id.number}, 1, 1));
  ASSERT_TRUE(names.remove_directory(root_directory, "d"));
  EXPECT_TRUE(quotas.list().value().empty());
}

TEST_P(QuotasTest, AnotherOwnerAnotherQuota) {
  ASSERT_TRUE(quotas.set(user7, 100, {}));
  ASSERT_TRUE(quotas.set({QuotaKind::user, 8}, 5, {}));
  Entry f = upload(root_directory, "f", 10, by(7, 9)).value();
  EXPECT_EQ(code_of(names.change(f.id, {.owner = 8})), Errc::quota);
  EXPECT_EQ(names.stat(f.id).value().owner, 7);
  ASSERT_TRUE(names.change(f.id, {.owner = 10}));
  expect_used(user7, 0, 0);
}

TEST_P(QuotasTest, ReplacingChargesTheDifference) {
  ASSERT_TRUE(quotas.set(user7, 100, 1));
  ASSERT_TRUE(upload(root_directory, "f", 80, by(7)));
  NewUpload again = by(7);
  again.replaces = true;
  again.expected_size = 90;
  ASSERT_TRUE(upload(root_directory, "f", 90, again));
  expect_used(user7, 90, 1);
}

TEST_P(QuotasTest, RacersDoNotExceedIt) {
  Entry d = directory("/d");
  const QuotaSubject of_d{QuotaKind::directory, d.id.number};
  ASSERT_TRUE(quotas.set(of_d, {}, 20));
  std::atomic<int> made = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> racers;
    for (int r = 0; r < 4; ++r) {
      racers.emplace_back([&, r] {
        for (int i = 0; i < 8; ++i) {
          auto done = upload(d.id, std::to_string(r) + "-" + std::to_string(i), 1);
          if (done) {
            ++made;
          } else if (done.error().code == Errc::quota) {
            ++refused;
          } else {
            ADD_FAILURE() << done.error().message();
          }
        }
      });
    }
  }
  EXPECT_EQ(made, 20);
  EXPECT_EQ(refused, 12);
  expect_used(of_d, 20, 20);
}

TEST_P(QuotasTest, AQuotaThatComesWhileFilesDoCountsThemAll) {
  for (int round = 0; round < 5; ++round) {
    Entry d = directory("/r" + std::to_string(round));
    const QuotaSubject of_d{QuotaKind::directory, d.id.number};
    {
      std::jthread writer([&] {
        for (int i = 0; i < 10; ++i) {
          auto done = upload(d.id, std::to_string(i), 1);
          if (!done) ADD_FAILURE() << done.error().message();
        }
      });
      std::jthread setter([&] {
        auto done = quotas.set(of_d, 1'000, {});
        if (!done) ADD_FAILURE() << done.error().message();
      });
    }
    expect_used(of_d, 10, 10);
  }
}

}  // namespace
}  // namespace sluice::catalogue
