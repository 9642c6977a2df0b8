// SPDX-License-Identifier: Apache-2.0
// Files that must be looked at: claimed by one, due again when nobody is done with them.
#include "catalogue/copies.h"

#include "catalogue/test/fixture.h"

namespace sluice::catalogue {
namespace {

using CopiesTest = CatalogueTest;
INSTANTIATE_TEST_SUITE_P(Engines, CopiesTest, both_engines, engine_name);

constexpr std::int64_t second = 1'000'000'000;

TEST_P(CopiesTest, AClaimedFileIsDueWhenItsLeaseEnds) {
  auto& copies = catalogue->copies();
  const Entry file = upload(root_directory, "f", 10).value();
  ASSERT_TRUE(copies.check(file.id));
  EXPECT_EQ(copies.claim(10, Duration(60'000)).value(), std::vector{file.id});
  EXPECT_TRUE(copies.claim(10, Duration(60'000)).value().empty());
  clock.pass(61 * second);
  EXPECT_EQ(copies.claim(10, Duration(60'000)).value(), std::vector{file.id});
  ASSERT_TRUE(copies.done(file.id));
  clock.pass(61 * second);
  EXPECT_TRUE(copies.claim(10, Duration(60'000)).value().empty());
}

TEST_P(CopiesTest, OneThatIsPutOffIsDueSooner) {
  auto& copies = catalogue->copies();
  const Entry file = upload(root_directory, "f", 10).value();
  ASSERT_TRUE(copies.check(file.id));
  ASSERT_EQ(copies.claim(10, Duration(60'000)).value().size(), 1U);
  ASSERT_TRUE(copies.put_off(file.id, Duration(5'000)));
  EXPECT_TRUE(copies.claim(10, Duration(60'000)).value().empty());
  clock.pass(6 * second);
  EXPECT_EQ(copies.claim(10, Duration(60'000)).value().size(), 1U);
}

}  // namespace
}  // namespace sluice::catalogue
