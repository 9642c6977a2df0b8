// SPDX-License-Identifier: Apache-2.0
#include "capability/capability.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sluice::capability {
namespace {

constexpr std::uint32_t now = 1'800'000'000;

Key key(std::uint32_t id) { return {id, std::vector<std::byte>(32, static_cast<std::byte>(id))}; }

Capability example() {
  return {Operation::write, 2,       4711,   3,    1ULL << 40, now + 60, 0x0123456789abcdef,
          "regular",        "maria", {1, 2}, 0640, 1000,       100};
}

class CapabilityTest : public testing::Test {
 protected:
  CapabilityTest() { keys.replace({key(7)}); }
  std::string signed_example() { return *sign(example(), keys); }
  Errc refusal(std::string_view text) {
    auto found = verify(text, keys, now);
    return found ? Errc::server : found.error().code;
  }
  KeyRing keys;
};

TEST_F(CapabilityTest, comes_back_as_it_was_signed) {
  auto found = verify(signed_example(), keys, now);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, example());
}

TEST_F(CapabilityTest, any_changed_bit_is_refused) {
  auto bytes = *decode_base64url(signed_example());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto forged = bytes;
    forged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    EXPECT_EQ(refusal(base64url(forged)), Errc::not_authorized) << "bit " << bit;
  }
}

TEST_F(CapabilityTest, any_cut_is_refused) {
  std::string text = signed_example();
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(refusal(std::string_view(text).substr(0, size)), Errc::not_authorized) << size;
  EXPECT_EQ(refusal(text + "A"), Errc::not_authorized);
  EXPECT_EQ(refusal(std::string(1 << 20, 'A')), Errc::not_authorized);
}

TEST_F(CapabilityTest, expires) {
  EXPECT_TRUE(verify(signed_example(), keys, now + 60));
  EXPECT_FALSE(verify(signed_example(), keys, now + 61));
}

TEST_F(CapabilityTest, keys_rotate_with_two_alive) {
  std::string old = signed_example();
  keys.replace({key(8), key(7)});
  std::string fresh = signed_example();
  EXPECT_NE(old, fresh);
  EXPECT_TRUE(verify(old, keys, now));
  EXPECT_TRUE(verify(fresh, keys, now));
  keys.replace({key(9), key(8)});
  EXPECT_EQ(refusal(old), Errc::not_authorized);
  EXPECT_TRUE(verify(fresh, keys, now));
}

TEST_F(CapabilityTest, without_a_key_nothing_is_signed_and_nothing_honoured) {
  std::string text = signed_example();
  keys.replace({});
  EXPECT_EQ(sign(example(), keys).error().code, Errc::server);
  EXPECT_EQ(refusal(text), Errc::not_authorized);
}

TEST_F(CapabilityTest, of_another_site_is_refused_though_the_number_of_its_key_is_ours) {
  KeyRing theirs;
  theirs.replace({{7, std::vector<std::byte>(32, std::byte{99})}});
  EXPECT_EQ(refusal(*sign(example(), theirs)), Errc::not_authorized);
}

TEST_F(CapabilityTest, what_does_not_fit_is_not_signed) {
  Capability right = example();
  right.user.assign(max_text + 1, 'x');
  EXPECT_EQ(sign(right, keys).error().code, Errc::too_long);
  right = example();
  right.excluded.assign(max_excluded + 1, 1);
  EXPECT_EQ(sign(right, keys).error().code, Errc::too_long);
  right.excluded.assign(max_excluded, -1);
  right.user.assign(max_text, 'x');
  right.queue.assign(max_text, 'y');
  EXPECT_LE(sign(right, keys)->size(), max_encoded);
}

RC_GTEST_PROP(Base64url, round_trip, (const std::string& text)) {
  auto bytes = decode_base64url(base64url(as_bytes(text)));
  RC_ASSERT(bytes && as_text(*bytes) == text);
}

TEST(Base64url, refuses_what_it_would_not_write) {
  for (std::string_view text : {"A", "AA=", "A+/A", "AB", "AAAAA", "A\nAA", "\xff\xff"})
    EXPECT_FALSE(decode_base64url(text)) << text;
  EXPECT_EQ(base64url(as_bytes("\xff\xfe\xfd\xfc")), "__79_A");
}

// RFC 4231, test case 2.
TEST(Hmac, known_answer) {
  Sha256 mac = hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"));
  EXPECT_EQ(base64url(mac), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM");
  // A key that follows another one, and the same one again.
  Sha256 other = hmac_sha256(as_bytes("Jefe2"), as_bytes("what do ya want for nothing?"));
  EXPECT_NE(other, mac);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")), mac);
}

}  // namespace
}  // namespace sluice::capability
