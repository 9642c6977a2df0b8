// SPDX-License-Identifier: Apache-2.0
// What is queued has run when the object is gone.
#include "pool/late_checksums.h"

#include "pool/test/fixture.h"

#include <optional>

namespace sluice::pool {
namespace {

class LateChecksumsTest : public PoolTest {
 protected:
  void compute(FileId file) {
    late.emplace(*all, *store, stopping, metrics);
    late->add(file);
    late.reset();
  }

  std::atomic<bool> stopping{false};
  std::optional<LateChecksums> late;
};

TEST_F(LateChecksumsTest, a_file_gets_its_adler32) {
  FileId bare = file("hello world");
  compute(bare);
  EXPECT_EQ(checksums(bare), (catalogue::Checksums{{"adler32", "1a0b045d"}}));
}

TEST_F(LateChecksumsTest, what_is_known_stays) {
  FileId known = file("hello world", {{"adler32", "00000000"}});
  compute(known);
  EXPECT_EQ(checksums(known).at("adler32"), "00000000");
}

TEST_F(LateChecksumsTest, a_file_of_another_size_gets_none) {
  FileId cut = file("hello world");
  harm(cut, "hello");
  compute(cut);
  EXPECT_TRUE(checksums(cut).empty());
}

TEST_F(LateChecksumsTest, a_file_that_was_removed_meanwhile_is_no_trouble) {
  FileId gone = file("hello world");
  ASSERT_TRUE(all->names().remove(catalogue::root_directory, "f1"));
  compute(gone);
  EXPECT_FALSE(all->names().stat(gone));
}

TEST_F(LateChecksumsTest, nothing_is_computed_for_a_pool_that_stops) {
  FileId bare = file("hello world");
  stopping = true;
  compute(bare);
  EXPECT_TRUE(checksums(bare).empty());
}

}  // namespace
}  // namespace sluice::pool
