// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace sluice {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

TEST(Bytes, big_endian) {
  std::vector<std::byte> out;
  Writer(out).be<std::uint16_t>(0x0102).be<std::int32_t>(-2).be<std::uint64_t>(0x0304050607080900);
  EXPECT_EQ(out, bytes_of({1, 2, 0xff, 0xff, 0xff, 0xfe, 3, 4, 5, 6, 7, 8, 9, 0}));
  Reader in(out);
  EXPECT_EQ(in.be<std::uint16_t>(), 0x0102);
  EXPECT_EQ(in.be<std::int32_t>(), -2);
  EXPECT_EQ(in.be<std::uint64_t>(), 0x0304050607080900U);
  EXPECT_TRUE(in.finish(1));
}

template <class T>
void number_survives(T value) {
  std::vector<std::byte> out;
  Writer(out).be(value);
  RC_ASSERT(out.size() == sizeof(T));
  Reader in(out);
  RC_ASSERT(in.be<T>() == value);
  RC_ASSERT(in.empty() && !in.failed());
}

RC_GTEST_PROP(Bytes, numbers_survive,
              (std::uint8_t a, std::uint16_t b, std::uint32_t c, std::uint64_t d, std::int64_t e,
               std::int16_t f)) {
  number_survives(a);
  number_survives(b);
  number_survives(c);
  number_survives(d);
  number_survives(e);
  number_survives(f);
}

RC_GTEST_PROP(Bytes, text_survives, (const std::string& text, std::uint32_t number)) {
  std::vector<std::byte> out;
  Writer(out)
      .be<std::uint32_t>(static_cast<std::uint32_t>(text.size()))
      .text(text)
      .be(number)
      .zeros(3);
  Reader in(out);
  auto size = in.be<std::uint32_t>();
  RC_ASSERT(as_text(in.take(size)) == text);
  RC_ASSERT(in.be<std::uint32_t>() == number);
  in.take(3);
  RC_ASSERT(in.finish(1).has_value());
}

RC_GTEST_PROP(Bytes, a_short_read_fails_and_stays_failed,
              (const std::vector<std::uint8_t>& bytes)) {
  Reader in(std::as_bytes(std::span(bytes)));
  in.take(bytes.size() / 2);
  RC_ASSERT(!in.failed());
  RC_ASSERT(in.take(bytes.size() - bytes.size() / 2 + 1).empty());
  RC_ASSERT(in.failed());
  RC_ASSERT(in.rest().empty());
  RC_ASSERT(in.be<std::uint8_t>() == 0);  // also a byte that would have been there
  RC_ASSERT(!in.finish(1).has_value());
}

TEST(Bytes, short_numbers_are_zero) {
  auto three = bytes_of({1, 2, 3});
  Reader in(three);
  EXPECT_EQ(in.be<std::uint32_t>(), 0U);
  EXPECT_TRUE(in.failed());
  auto result = in.finish(5);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::invalid_argument);
}

TEST(Bytes, what_is_left_over_is_an_error) {
  auto three = bytes_of({1, 2, 3});
  Reader in(three);
  in.be<std::uint16_t>();
  EXPECT_FALSE(in.failed());
  EXPECT_FALSE(in.finish(5));
}

TEST(Bytes, a_huge_length_does_not_wrap) {
  auto three = bytes_of({1, 2, 3});
  Reader in(three);
  EXPECT_TRUE(in.take(std::numeric_limits<std::size_t>::max()).empty());
  EXPECT_TRUE(in.failed());
}

TEST(Bytes, text_without_the_nul_at_its_end) {
  EXPECT_EQ(Reader(as_bytes(std::string_view("/a\0\0", 4))).text(), "/a");
  EXPECT_EQ(Reader(as_bytes("/a")).text(), "/a");
  EXPECT_EQ(Reader(as_bytes(std::string_view("\0", 1))).text(), "");
  EXPECT_EQ(Reader(ByteView{}).text(), "");
}

TEST(Bytes, c_text) {
  std::vector<std::byte> out;
  Writer(out).c_text("one").c_text("").text("open");
  Reader in(out);
  EXPECT_EQ(in.c_text(), "one");
  EXPECT_EQ(in.c_text(), "");
  EXPECT_FALSE(in.failed());
  EXPECT_EQ(in.c_text(), "");
  EXPECT_TRUE(in.failed());
}

TEST(Bytes, writing_nothing) {
  std::vector<std::byte> out;
  Writer(out).bytes({}).text("").zeros(0);
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace sluice
