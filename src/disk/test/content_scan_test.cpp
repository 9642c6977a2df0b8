// SPDX-License-Identifier: Apache-2.0
#include "disk/content_scan.h"

#include "disk/checksums.h"
#include "disk/test/scratch.h"

#include <fcntl.h>

namespace sluice::disk {
namespace {

using Sums = std::vector<std::pair<std::string, std::string>>;

class ContentScanTest : public testing::Test {
 protected:
  // All of the file, `most` bytes at a time.
  Sums scan(const std::vector<std::string>& types, std::size_t most) {
    Fd fd(::open((scratch / "f").c_str(), O_RDONLY));
    auto begun = ContentScan::begin(fd.get(), types);
    if (!begun) throw std::runtime_error(begun.error().message());
    while (begun->advance(most, "f").value() > 0) {
    }
    EXPECT_EQ(begun->size(), fs::file_size(scratch / "f"));
    return begun->sums();
  }

  Scratch scratch;
};

TEST_F(ContentScanTest, several_types_in_one_pass) {
  Scratch::write(scratch / "f", "hello world");
  const Sums expected{{"adler32", "1a0b045d"}, {"md5", "5eb63bbbe01eeed093cb22bb8f5acdc3"}};
  for (std::size_t most : {1U, 4U, 11U, 1U << 20}) {
    EXPECT_EQ(scan({"adler32", "md5"}, most), expected) << most;
  }
}

TEST_F(ContentScanTest, an_empty_file_and_no_types) {
  Scratch::write(scratch / "f", "");
  EXPECT_EQ(scan({"adler32"}, 4096), (Sums{{"adler32", "00000001"}}));
  EXPECT_TRUE(scan({}, 4096).empty());
  Fd fd(::open((scratch / "f").c_str(), O_RDONLY));
  EXPECT_EQ(code_of(ContentScan::begin(fd.get(), {"crc64"})), Errc::unsupported);
}

TEST_F(ContentScanTest, what_is_stored_is_not_believed) {
  Scratch::write(scratch / "f", "hello world");
  auto tree = scratch.tree();
  Fd fd(::open((scratch / "f").c_str(), O_RDWR));
  auto stat = settle_modification_time(fd.get());
  ASSERT_TRUE(stat);
  StoredChecksums wrong;
  wrong.put("adler32", "00000000");
  wrong.save(fd.get(), *stat, tree->volume());
  ASSERT_EQ(checksum_of(*tree, path("/f"), "adler32").value(), "00000000");
  EXPECT_EQ(scan({"adler32"}, 4096), (Sums{{"adler32", "1a0b045d"}}));
}

}  // namespace
}  // namespace sluice::disk
