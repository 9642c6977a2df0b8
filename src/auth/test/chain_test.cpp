// SPDX-License-Identifier: Apache-2.0
#include "auth/chain.h"

#include "auth/credential.h"
#include "auth/host/host.h"
#include "auth/none/none.h"
#include "auth/source_limits.h"
#include "auth/unix/unix.h"

#include <gtest/gtest.h>

namespace sluice::auth {
namespace {

using namespace std::string_view_literals;

const Peer stranger{asio::ip::make_address("192.0.2.7"), false, {}};

// Asks "two" once, and takes "yes" for proof.
class TwoRounds final : public Conversation {
 public:
  Result<Verdict> answer(ByteView credential) override {
    const std::string_view said = as_text(credential).substr(4);
    if (!asked_ && said == "begin") {
      asked_ = true;
      return Challenge{{std::byte{'2'}}};
    }
    if (asked_ && said == "yes") return Proof{{"two", "jane", true, {}, {}, {}, {}, {}}, nullptr};
    return fail(Errc::authentication, "wrong");
  }

 private:
  bool asked_ = false;
};

class Two final : public Method {
 public:
  std::string_view name() const override { return "two"; }
  std::unique_ptr<Conversation> begin(const Peer&) const override {
    return std::make_unique<TwoRounds>();
  }
};

Chain chain_of_two() {
  std::vector<std::unique_ptr<Method>> methods;
  methods.push_back(std::make_unique<Two>());
  methods.push_back(make_none());
  methods.push_back(make_host());
  return Chain(std::move(methods));
}

class ChainTest : public testing::Test {
 protected:
  Result<Verdict> say(std::string_view method, std::string_view credential) {
    return attempts.answer(chain, stranger, method, as_bytes(credential));
  }
  // The name that was proven; empty: another round; "-" and why for a refusal.
  std::string outcome(std::string_view method, std::string_view credential) {
    auto verdict = say(method, credential);
    if (!verdict) return "-" + verdict.error().detail;
    auto* proof = std::get_if<Proof>(&*verdict);
    return proof != nullptr ? proof->identity.name : "";
  }

  Chain chain = chain_of_two();
  Attempts attempts;
};

TEST_F(ChainTest, rounds_belong_to_one_conversation) {
  EXPECT_EQ(outcome("two", "two\0begin"sv), "");
  EXPECT_EQ(outcome("two", "two\0yes"sv), "jane");
}

TEST_F(ChainTest, nothing_is_left_of_a_failure) {
  EXPECT_EQ(outcome("two", "two\0begin"sv), "");
  EXPECT_EQ(outcome("two", "two\0no"sv), "-wrong");
  EXPECT_EQ(outcome("two", "two\0yes"sv), "-wrong");
}

TEST_F(ChainTest, another_method_ends_the_one_before) {
  EXPECT_EQ(outcome("two", "two\0begin"sv), "");
  EXPECT_EQ(outcome("unix", "unix\0joe\0"sv), "joe");
  EXPECT_EQ(outcome("two", "two\0yes"sv), "-wrong");
}

TEST_F(ChainTest, what_is_not_offered_is_refused) {
  EXPECT_EQ(outcome("gsi", "gsi\0x"sv), "-gsi is not offered here, but two, unix, host");
  EXPECT_EQ(outcome("g\ni", "g\ni\0x"sv), "-gi is not offered here, but two, unix, host");
}

TEST_F(ChainTest, credentials_without_content_are_refused) {
  EXPECT_EQ(outcome("two", ""sv), "-this is no two credential");
  EXPECT_EQ(outcome("two", "tw"sv), "-this is no two credential");
  EXPECT_EQ(outcome("two", "two"sv), "-this is no two credential");
  EXPECT_EQ(outcome("two", "two\0"sv), "-the two credential is empty");
  EXPECT_EQ(outcome("two", "unix\0begin"sv), "-this is no two credential");
}

TEST_F(ChainTest, a_host_needs_no_content_and_is_its_address) {
  EXPECT_EQ(outcome("host", "host\0"sv), "192.0.2.7");
  EXPECT_EQ(outcome("host", "host"sv), "-this is no host credential");
}

TEST_F(ChainTest, names_are_labels) {
  EXPECT_EQ(outcome("unix", "unix\0jo\ne<b> staff\0"sv), "joeb");
  EXPECT_EQ(outcome("unix", "unix\0\0"sv), "-the unix credential has no name");
}

TEST_F(ChainTest, ten_failures_are_enough) {
  for (int i = 0; i < 9; ++i) outcome("two", "two\0no"sv);
  EXPECT_FALSE(attempts.exhausted());
  outcome("two", "two\0no"sv);
  EXPECT_TRUE(attempts.exhausted());
}

TEST_F(ChainTest, a_huge_credential_is_refused) {
  std::string huge("two\0"sv);
  huge.resize(max_credential + 1, 'x');
  EXPECT_EQ(outcome("two", huge), "-the two credential is too long");
}

TEST(Unix, only_trusted_hosts_are_believed) {
  std::vector<net::Network> trusted{*net::Network::parse("192.0.2.0/24")};
  auto method = make_unix(std::move(trusted));
  auto proven = [&](const char* address) {
    auto conversation = method->begin({asio::ip::make_address(address), false, {}});
    return std::get<Proof>(*conversation->answer(as_bytes("unix\0joe staff\0"sv))).identity;
  };
  EXPECT_TRUE(proven("192.0.2.9").is_proven);
  EXPECT_TRUE(proven("::ffff:192.0.2.9").is_proven);
  EXPECT_FALSE(proven("198.51.100.9").is_proven);
  EXPECT_EQ(proven("192.0.2.9").groups, std::vector<std::string>{"staff"});
}

TEST(SourceLimits, locks_out_and_lets_in_again) {
  using std::chrono::seconds;
  SourceLimits limits(3, seconds(60));
  const auto address = asio::ip::make_address("192.0.2.7");
  const SourceLimits::Clock::time_point start{};
  for (int i = 0; i < 2; ++i) limits.note(address, false, start);
  EXPECT_TRUE(limits.check(address, start));
  limits.note(address, false, start + seconds(10));
  auto refused = limits.check(address, start + seconds(11));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  EXPECT_NE(refused.error().detail.find("locked out for 59 s"), std::string::npos);
  EXPECT_TRUE(limits.check(asio::ip::make_address("192.0.2.8"), start + seconds(11)));
  EXPECT_TRUE(limits.check(address, start + seconds(71)));
}

TEST(SourceLimits, a_success_begins_anew_and_old_failures_are_forgotten) {
  using std::chrono::seconds;
  SourceLimits limits(2, seconds(60));
  const auto address = asio::ip::make_address("192.0.2.7");
  const SourceLimits::Clock::time_point start{};
  limits.note(address, false, start);
  limits.note(address, true, start);
  limits.note(address, false, start);
  EXPECT_TRUE(limits.check(address, start));
  limits.note(address, false, start + seconds(61));
  EXPECT_TRUE(limits.check(address, start + seconds(61)));
}

TEST(SourceLimits, a_network_of_ipv6_is_one_source) {
  SourceLimits limits(2, std::chrono::seconds(60));
  limits.note(asio::ip::make_address("2001:db8::1"), false);
  limits.note(asio::ip::make_address("2001:db8::2"), false);
  EXPECT_FALSE(limits.check(asio::ip::make_address("2001:db8::3")));
  EXPECT_TRUE(limits.check(asio::ip::make_address("2001:db8:0:1::3")));
}

}  // namespace
}  // namespace sluice::auth
