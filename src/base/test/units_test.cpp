// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace sluice {
namespace {

TEST(Units, sizes) {
  struct Row {
    std::string_view text;
    std::uint64_t count;
  };
  for (const Row& row :
       {Row{"0 B", 0}, Row{"512 KiB", 524288}, Row{"8MB", 8'000'000}, Row{"1 kB", 1000},
        Row{"1.5 MiB", 1572864}, Row{"2 GiB", 2147483648}, Row{"3GB", 3'000'000'000},
        Row{"1 TiB", 1099511627776}, Row{"1TB", 1'000'000'000'000}}) {
    auto size = parse_bytes(row.text);
    ASSERT_TRUE(size) << row.text;
    EXPECT_EQ(size->count, row.count) << row.text;
  }
}

TEST(Units, durations) {
  struct Row {
    std::string_view text;
    std::int64_t ms;
  };
  for (const Row& row : {Row{"30 s", 30'000}, Row{"1.5 min", 90'000}, Row{"250ms", 250},
                         Row{"24 h", 86'400'000}, Row{"2 d", 172'800'000}, Row{"0 s", 0}}) {
    auto time = parse_duration(row.text);
    ASSERT_TRUE(time) << row.text;
    EXPECT_EQ(time->count(), row.ms) << row.text;
  }
}

TEST(Units, refused) {
  for (std::string_view text : {"", "5", "KiB", "5 KB", "5 kib", "5 XiB", "-1 B", "1e30 TiB",
                                "nan B", "inf B", "5 B B", " 5 B", "0x5 B", "5\tB"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
  for (std::string_view text : {"", "5", "5 S", "5 m", "-1 s", "1e30 d", "s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Units, the_message_shows_the_text_and_an_example) {
  EXPECT_EQ(parse_bytes("5").error().detail,
            "\"5\" is not a number with a unit, such as \"512 KiB\"");
  EXPECT_EQ(parse_duration(std::string(1000, '9')).error().detail.size(),
            parse_duration("5").error().detail.size() + 63);
}

TEST(Units, literals) {
  EXPECT_EQ(4_KiB, 4096_B);
  EXPECT_EQ((1_TiB).count, 1099511627776U);
  EXPECT_LT(1_MiB, 1_GiB);
}

TEST(Units, shortest_exact_text) {
  EXPECT_EQ(to_text(Bytes{0}), "0 B");
  EXPECT_EQ(to_text(8_MiB), "8 MiB");
  EXPECT_EQ(to_text(1025_B), "1025 B");
  EXPECT_EQ(to_text(Bytes{1'000'000}), "1000000 B");
  EXPECT_EQ(to_text(Duration{1500}), "1500 ms");
  EXPECT_EQ(to_text(Duration{90'000}), "90 s");
  EXPECT_EQ(to_text(Duration{3'600'000}), "1 h");
  EXPECT_EQ(to_text(Duration{0}), "0 ms");
}

RC_GTEST_PROP(Units, what_we_write_we_read, (std::uint32_t value, std::uint32_t shift)) {
  Bytes size{static_cast<std::uint64_t>(value)
             << (shift % 20)};  // below 2^52, where a double is exact
  RC_ASSERT(parse_bytes(to_text(size)).value() == size);
  Duration time{value};
  RC_ASSERT(parse_duration(to_text(time)).value() == time);
}

TEST(Units, for_people) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1.43 * 1024 * 1024 * 1024), "1.43 GiB");
  EXPECT_EQ(human_bytes(20 * 1024), "20.0 KiB");
  EXPECT_EQ(human_bytes(200.0 * 1024), "200 KiB");
  EXPECT_EQ(human_bytes(1e18), "888 PiB");
}

TEST(ParseInt, whole_text_within_bounds) {
  EXPECT_EQ(*parse_int<int>("-5", -5, 5), -5);
  EXPECT_EQ(*parse_int<std::uint64_t>("18446744073709551615", 0,
                                      std::numeric_limits<std::uint64_t>::max()),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(*parse_int<int>("ff", 0, 255, 16), 255);
  for (std::string_view text : {"", " 5", "5 ", "+5", "5x", "0x5", "5.0", "6", "-6", "99999999999"})
    EXPECT_FALSE(parse_int<int>(text, -5, 5)) << text;
  EXPECT_FALSE(parse_int<std::uint8_t>("256", 0, 255));
  EXPECT_FALSE(parse_int<unsigned>("-1", 0, 5));
}

}  // namespace
}  // namespace sluice
