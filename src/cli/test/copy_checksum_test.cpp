// SPDX-License-Identifier: Apache-2.0
// What --checksum accepts.
#include "cli/copy_checksum.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using Check = CopyChecksum::Check;

TEST(CopyChecksum, Parses) {
  EXPECT_EQ(*parse_copy_checksum("adler32"), (CopyChecksum{"adler32", Check::end_to_end, ""}));
  EXPECT_EQ(*parse_copy_checksum("ADLER32:end2end"),
            (CopyChecksum{"adler32", Check::end_to_end, ""}));
  EXPECT_EQ(*parse_copy_checksum("crc32c:source"), (CopyChecksum{"crc32c", Check::source, ""}));
  EXPECT_EQ(*parse_copy_checksum("md5:print"), (CopyChecksum{"md5", Check::print, ""}));
  EXPECT_EQ(*parse_copy_checksum("crc32:0A1b2c3D"),
            (CopyChecksum{"crc32", Check::value, "0a1b2c3d"}));
}

TEST(CopyChecksum, RefusesNonsense) {
  EXPECT_EQ(parse_copy_checksum("sha3").error().code, Errc::unsupported);
  for (std::string_view text : {"adler32:", "adler32:xyz", "adler32:123456789", "adler32:prints"}) {
    EXPECT_EQ(parse_copy_checksum(text).error().code, Errc::usage) << text;
  }
}

TEST(CopyChecksum, ComparesAsNumbers) {
  EXPECT_TRUE(is_same_sum("00ab", "AB"));
  EXPECT_TRUE(is_same_sum("0", "00000000"));
  EXPECT_FALSE(is_same_sum("ab", "abc"));
}

}  // namespace
}  // namespace sluice::cli
