// SPDX-License-Identifier: Apache-2.0
#include "catalogue/signing_keys.h"

#include "catalogue/hex.h"
#include "catalogue/test/fixture.h"

#include <set>
#include <thread>

namespace sluice::catalogue {
namespace {

constexpr Duration hour{3'600'000};
constexpr std::int64_t hour_ns = 3'600'000'000'000;

class SigningKeysTest : public EngineTest {
 protected:
  static std::vector<std::int64_t> ids(const Result<std::vector<SigningKey>>& keys) {
    std::vector<std::int64_t> out;
    for (const SigningKey& key : keys.value()) out.push_back(key.id);
    return out;
  }
  std::unique_ptr<Catalogue> catalogue = open();
  SigningKeys& keys = catalogue->signing_keys();
};
INSTANTIATE_TEST_SUITE_P(Engines, SigningKeysTest, both_engines, engine_name);

TEST_P(SigningKeysTest, TheFirstCallMakesOneAndTheNextReadsIt) {
  const auto first = keys.live(hour).value();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_NE(first[0].secret, (SigningKey{}.secret));
  const auto again = open()->signing_keys().live(hour).value();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].id, first[0].id);
  EXPECT_TRUE(again[0].secret == first[0].secret);
  EXPECT_EQ(again[0].created_ns, first[0].created_ns);
}

TEST_P(SigningKeysTest, KeysRotateAndEnd) {
  const auto first = ids(keys.live(hour)).at(0);
  clock.pass(hour_ns);
  const auto two = keys.live(hour).value();
  ASSERT_EQ(two.size(), 2U);
  EXPECT_GT(two[0].id, first);
  EXPECT_EQ(two[1].id, first);
  EXPECT_FALSE(two[0].secret == two[1].secret);
  clock.pass(2 * hour_ns);
  const auto later = ids(keys.live(hour));
  EXPECT_EQ(later.size(), 2U);
  EXPECT_EQ(later.at(1), two[0].id);  // the first one was older than three hours
  clock.pass(4 * hour_ns);
  const auto last = ids(keys.live(hour));
  ASSERT_EQ(last.size(), 1U);
  EXPECT_GT(last[0], later[0]);
}

TEST_P(SigningKeysTest, AKeyOfAClockThatWasAheadIsReplaced) {
  clock.pass(100 * hour_ns);
  const auto wrong = ids(keys.live(hour)).at(0);
  clock.pass(-100 * hour_ns);
  const auto right = ids(keys.live(hour));
  ASSERT_EQ(right.size(), 2U);
  EXPECT_GT(right[0], wrong);
  EXPECT_EQ(ids(keys.live(hour)), right);
}

TEST_P(SigningKeysTest, DoorsThatRotateTogetherMakeOneKey) {
  auto other = open();
  for (std::size_t round = 0; round < 8; ++round) {
    std::vector<std::int64_t> seen[2];
    {
      std::jthread one([&] { seen[0] = ids(catalogue->signing_keys().live(hour)); });
      std::jthread two([&] { seen[1] = ids(other->signing_keys().live(hour)); });
    }
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_EQ(seen[0].size(), std::min<std::size_t>(round + 1, 3));
    clock.pass(hour_ns);
  }
}

TEST_P(SigningKeysTest, AnErrorDoesNotTellTheSecret) {
  auto session =
      sql::Session::connect(sql::parse_address(config.url).value(), Duration{5'000}).value();
  ASSERT_TRUE(session->run_once("DROP TABLE signing_key"));
  ASSERT_TRUE(session->run_once(
      "CREATE TABLE signing_key (id {identity}, secret TEXT CHECK (secret = ''), created BIGINT)"));
  auto failed = keys.live(hour);
  EXPECT_EQ(code_of(failed), Errc::invalid_argument);
  EXPECT_EQ(failed.error().detail, "catalogue: a new signing key could not be stored");
}

TEST(Hex, RoundTrip) {
  const std::string bytes("\x00\x7f\x80\xff", 4);
  EXPECT_EQ(to_hex(bytes), "007f80ff");
  EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
  EXPECT_EQ(from_hex(""), "");
}

}  // namespace
}  // namespace sluice::catalogue
