// SPDX-License-Identifier: Apache-2.0
#include "base/checksum.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zlib.h>

#include <numeric>
#include <vector>

namespace sluice {
namespace {

std::string hex_of(std::string_view name, std::string_view text) {
  auto digest = make_digest(name);
  EXPECT_TRUE(digest);
  (*digest)->update(as_bytes(text));
  return (*digest)->hex();
}

struct Vector {
  std::string_view name, text, hex;
};

// RFC 1950, RFC 1321, FIPS 180-4, and the check values of the catalogue of CRC algorithms.
constexpr std::array vectors = {
    Vector{"adler32", "", "00000001"},
    Vector{"adler32", "Wikipedia", "11e60398"},
    Vector{"crc32", "", "ffffffff"},  // as cksum(1) prints it, in hex
    Vector{"crc32", "123456789", "377a6011"},
    Vector{"crc32", "hello\n", "b3beab91"},
    Vector{"zcrc32", "", "00000000"},
    Vector{"zcrc32", "hello\n", "20303a36"},  // as xrdcp prints it
    Vector{"crc32c", "", "00000000"},
    Vector{"crc32c", "123456789", "e3069283"},
    Vector{"md5", "", "d41d8cd98f00b204e9800998ecf8427e"},
    Vector{"md5", "abc", "900150983cd24fb0d6963f7d28e17f72"},
    Vector{"sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    Vector{"sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
};

TEST(Checksum, vectors) {
  for (const Vector& v : vectors)
    EXPECT_EQ(hex_of(v.name, v.text), v.hex) << v.name << " of " << v.text;
}

TEST(Checksum, crc32c_of_iscsi) {  // RFC 3720, B.4
  std::vector<std::byte> bytes(32);
  EXPECT_EQ(crc32c(bytes), 0x8a9136aaU);
  std::fill(bytes.begin(), bytes.end(), std::byte{0xff});
  EXPECT_EQ(crc32c(bytes), 0x62a8ab43U);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  EXPECT_EQ(crc32c(bytes), 0x46dd794eU);
}

TEST(Checksum, names) {
  EXPECT_EQ(hex_of("ADLER32", "Wikipedia"), "11e60398");
  auto unknown = make_digest("crc33");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errc::unsupported);
  EXPECT_NE(unknown.error().detail.find("crc32c"), std::string::npos);
  for (const ChecksumRow& row : checksum_rows())
    EXPECT_EQ(row.make()->hex().size(), row.hex_digits) << row.name;
}

TEST(Checksum, adler32_agrees_with_zlib_on_large_values) {
  // 0xff throughout is where a sum that is reduced too late overflows.
  std::vector<std::byte> bytes(1'000'003, std::byte{0xff});
  for (std::size_t n : {std::size_t{1}, std::size_t{5552}, std::size_t{5553}, bytes.size()}) {
    ByteView head = ByteView(bytes).first(n);
    EXPECT_EQ(adler32(head),
              ::adler32(1, reinterpret_cast<const Bytef*>(head.data()), static_cast<uInt>(n)))
        << n;
  }
}

RC_GTEST_PROP(Checksum, agrees_with_zlib, (const std::string& text)) {
  auto data = reinterpret_cast<const Bytef*>(text.data());
  RC_ASSERT(adler32(as_bytes(text)) == ::adler32(1, data, static_cast<uInt>(text.size())));
  RC_ASSERT(crc32(as_bytes(text)) == ::crc32(0, data, static_cast<uInt>(text.size())));
}

RC_GTEST_PROP(Checksum, pieces_give_what_the_whole_gives,
              (const std::vector<std::string>& pieces)) {
  std::string whole;
  for (const ChecksumRow& row : checksum_rows()) {
    whole.clear();
    auto digest = row.make();
    for (const std::string& piece : pieces) {
      digest->update(as_bytes(piece));
      whole += piece;
    }
    RC_ASSERT(digest->hex() == hex_of(row.name, whole));
  }
}

RC_GTEST_PROP(Checksum, combine, (const std::string& a, const std::string& b)) {
  RC_ASSERT(adler32_combine(adler32(as_bytes(a)), adler32(as_bytes(b)), b.size()) ==
            adler32(as_bytes(a + b)));
  RC_ASSERT(crc32c_combine(crc32c(as_bytes(a)), crc32c(as_bytes(b)), b.size()) ==
            crc32c(as_bytes(a + b)));
}

TEST(Checksum, combine_of_lengths_beyond_32_bits) {
  // Five times the same gigabyte of zeros, combined, is what a doubling chain gives too.
  std::vector<std::byte> zeros(1 << 20);
  std::uint32_t gigabyte = adler32(zeros);
  std::uint32_t crc_gigabyte = crc32c(zeros);
  std::uint64_t length = zeros.size();
  for (int i = 0; i < 10; ++i, length *= 2) {
    gigabyte = adler32_combine(gigabyte, gigabyte, length);
    crc_gigabyte = crc32c_combine(crc_gigabyte, crc_gigabyte, length);
  }
  std::uint32_t left = gigabyte, crc_left = crc_gigabyte;
  std::uint32_t right = gigabyte, crc_right = crc_gigabyte;
  for (std::uint64_t i = 1; i < 5; ++i) {
    left = adler32_combine(left, gigabyte, length);
    right = adler32_combine(gigabyte, right, i * length);
    crc_left = crc32c_combine(crc_left, crc_gigabyte, length);
    crc_right = crc32c_combine(crc_gigabyte, crc_right, i * length);
  }
  EXPECT_EQ(left, right);
  EXPECT_EQ(crc_left, crc_right);
}

TEST(Checksum, hex) { EXPECT_EQ(to_hex(as_bytes(std::string_view("\0\xff\x1a", 3))), "00ff1a"); }

}  // namespace
}  // namespace sluice
