// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/buckets.h"

#include <gtest/gtest.h>

namespace sluice::auth::gsi {
namespace {

Buckets sample() {
  Buckets message(Step::certificate_wanted);
  message.add(BucketType::crypto_module, "ssl").add(BucketType::version, 10600);
  message.add(BucketType::main,
              Buckets(Step::certificate_wanted).add(BucketType::random_tag, "12345678").encode());
  return message;
}

TEST(GsiBuckets, come_back_as_they_were) {
  auto decoded = Buckets::decode(sample().encode());
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->is(Step::certificate_wanted));
  EXPECT_EQ(decoded->size(), 3u);
  EXPECT_EQ(decoded->need_text(BucketType::crypto_module, "").value(), "ssl");
  EXPECT_EQ(decoded->number(BucketType::version), 10600);
  auto inner = Buckets::decode(*decoded->find(BucketType::main));
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->need_text(BucketType::random_tag, "").value(), "12345678");
  EXPECT_FALSE(decoded->find(BucketType::user));
  EXPECT_EQ(decoded->need(BucketType::user, "a name").error().code, Errc::authentication);
}

TEST(GsiBuckets, cut_off_anywhere_are_refused) {
  std::vector<std::byte> whole = sample().encode();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto decoded = Buckets::decode(ByteView(whole).first(size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, Errc::authentication);
  }
}

TEST(GsiBuckets, lengths_beyond_the_end_are_refused) {
  for (std::uint32_t length : {9U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    std::vector<std::byte> bytes;
    Writer(bytes).c_text("gsi").be(std::int32_t{1000}).be(std::int32_t{3'001}).be(length).zeros(8);
    EXPECT_FALSE(Buckets::decode(bytes)) << length;
  }
}

TEST(GsiBuckets, too_many_are_refused) {
  Buckets many(Step::certificate_wanted);
  for (std::size_t i = 0; i < max_buckets; ++i) many.add(BucketType::user, "x");
  EXPECT_TRUE(Buckets::decode(many.encode()));
  many.add(BucketType::user, "x");
  EXPECT_FALSE(Buckets::decode(many.encode()));
}

TEST(GsiBuckets, inactive_ones_are_passed_over) {
  Buckets message(Step::certificate_wanted);
  message.add(BucketType::inactive, "old").add(BucketType::user, "jane");
  auto decoded = Buckets::decode(message.encode());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->size(), 1u);
}

TEST(GsiBuckets, a_name_alone_is_no_message) {
  for (std::string_view text : {"", "gsi", "gs", "unix"})
    EXPECT_FALSE(Buckets::decode(as_bytes(text)));
  EXPECT_FALSE(Buckets::decode(as_bytes(std::string_view("gsi\0", 4))));
  EXPECT_FALSE(Buckets::decode(as_bytes(std::string_view("gsx\0\0\0\3\350\0\0\0\0", 12))));
}

}  // namespace
}  // namespace sluice::auth::gsi
