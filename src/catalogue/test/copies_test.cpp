// SPDX-License-Identifier: Apache-2.0
// Files that must be looked at: claimed by one, due again when nobody is done with them.
#include "catalogue/copies.h"

#include "catalogue/test/fixture.h"

namespace sluice::catalogue {
namespace {

using CopiesTest = CatalogueTest;
INSTANTIATE_TEST_SUITE_P(Engines, CopiesTest, both_engines, engine_name);

constexpr std::int64_t second = 1'000'000'000;
constexpr Duration minute{60'000};

TEST_P(CopiesTest, AClaimedFileIsDueWhenItsLeaseEnds) {
  auto& copies = catalogue->copies();
  const Entry file = upload(root_directory, "f", 10).value();
  ASSERT_TRUE(copies.check(file.id));
  EXPECT_EQ(copies.claim(10, minute).value().at(0).file, file.id);
  EXPECT_TRUE(copies.claim(10, minute).value().empty());
  clock.pass(61 * second);
  const auto claimed = copies.claim(10, minute).value();
  ASSERT_EQ(claimed.size(), 1U);
  ASSERT_TRUE(copies.done(claimed[0]));
  clock.pass(61 * second);
  EXPECT_TRUE(copies.claim(10, minute).value().empty());
}

TEST_P(CopiesTest, WhatIsNotedAgainWhileSomebodyLooksStaysNoted) {
  auto& copies = catalogue->copies();
  const Entry file = upload(root_directory, "f", 10).value();
  ASSERT_TRUE(copies.check(file.id));
  const auto first = copies.claim(10, minute).value();
  ASSERT_TRUE(copies.check(file.id));
  ASSERT_TRUE(copies.done(first.at(0)));
  const auto second_look = copies.claim(10, minute).value();
  ASSERT_EQ(second_look.size(), 1U);
  ASSERT_TRUE(copies.check(file.id));
  ASSERT_TRUE(copies.put_off(second_look[0], Duration(5'000)));
  EXPECT_EQ(copies.claim(10, minute).value().size(), 1U);
}

TEST_P(CopiesTest, TheRestOfAPoolIsWhatNobodyNoted) {
  auto& copies = catalogue->copies();
  const Entry noted = upload(root_directory, "f", 10).value();
  const Entry rest = upload(root_directory, "g", 10).value();
  ASSERT_TRUE(copies.check(noted.id));
  ASSERT_EQ(copies.claim(10, minute).value().size(), 1U);
  ASSERT_TRUE(copies.check_rest_of_pool(pool(), 10));
  const auto due = copies.claim(10, minute).value();
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].file, rest.id);
}

TEST_P(CopiesTest, OneThatIsPutOffIsDueSooner) {
  auto& copies = catalogue->copies();
  const Entry file = upload(root_directory, "f", 10).value();
  ASSERT_TRUE(copies.check(file.id));
  const auto claimed = copies.claim(10, minute).value();
  ASSERT_EQ(claimed.size(), 1U);
  ASSERT_TRUE(copies.put_off(claimed[0], Duration(5'000)));
  EXPECT_TRUE(copies.claim(10, minute).value().empty());
  clock.pass(6 * second);
  EXPECT_EQ(copies.claim(10, minute).value().size(), 1U);
}

}  // namespace
}  // namespace sluice::catalogue
