// SPDX-License-Identifier: Apache-2.0
#include "disk/checkpoint.h"

#include "disk/clone.h"
#include "disk/test/scratch.h"

#include <rapidcheck/gtest.h>

namespace sluice::disk {
namespace {

using enum OpenMode::Create;

class CheckpointTest : public testing::Test {
 protected:
  std::shared_ptr<OpenFile> file() {
    return tree->open_file(path("/f"), mode_for(missing)).value();
  }
  std::string content() { return Scratch::read(scratch / "f"); }

  Scratch scratch;
  std::shared_ptr<FileTree> tree = scratch.tree();
};

TEST_F(CheckpointTest, CommitKeepsRollbackUndoes) {
  Scratch::write(scratch / "f", "0123456789");
  auto f = file();
  ASSERT_TRUE(f->begin_checkpoint());
  ASSERT_TRUE(f->checkpoint()->protect_write(2, 3));
  put(*f, 2, "abc");
  ASSERT_TRUE(f->end_checkpoint(true));
  EXPECT_EQ(content(), "01abc56789");
  ASSERT_TRUE(f->begin_checkpoint());
  ASSERT_TRUE(f->checkpoint()->protect_write(8, 10));
  put(*f, 8, "0123456789");
  EXPECT_EQ(f->checkpoint()->used(), 2U) << "only what was there";
  ASSERT_TRUE(f->end_checkpoint(false));
  EXPECT_EQ(content(), "01abc56789");
}

TEST_F(CheckpointTest, OrderIsChecked) {
  Scratch::write(scratch / "f", "x");
  auto f = file();
  EXPECT_EQ(code_of(f->end_checkpoint(true)), Errc::not_found);
  EXPECT_TRUE(f->begin_checkpoint());
  EXPECT_EQ(code_of(f->begin_checkpoint()), Errc::exists);
  EXPECT_TRUE(f->end_checkpoint(false));
  EXPECT_EQ(f->checkpoint(), nullptr);
  auto reader = tree->open_file(path("/f"), {}).value();
  EXPECT_EQ(code_of(reader->begin_checkpoint()), Errc::not_authorized);
}

TEST_F(CheckpointTest, CloseAndLossRollBack) {
  for (bool closes : {true, false}) {
    Scratch::write(scratch / "f", "old");
    auto f = file();
    ASSERT_TRUE(f->begin_checkpoint());
    ASSERT_TRUE(f->checkpoint()->protect_write(0, 5));
    put(*f, 0, "newer");
    if (closes) EXPECT_TRUE(f->close());
    f.reset();
    EXPECT_EQ(content(), "old");
    EXPECT_TRUE(fs::is_empty(scratch / ".sluice.state"));
  }
}

TEST_F(CheckpointTest, TheLimitHolds) {
  DiskConfig config = scratch.config();
  config.checkpoint_limit = Bytes{10};
  tree = Scratch::tree(config);
  Scratch::write(scratch / "f", std::string(100, 'x'));
  auto f = file();
  ASSERT_TRUE(f->begin_checkpoint());
  EXPECT_TRUE(f->checkpoint()->protect_write(0, 6));
  EXPECT_EQ(code_of(f->checkpoint()->protect_write(50, 5)), Errc::quota);
  EXPECT_TRUE(f->checkpoint()->protect_write(50, 4));
  EXPECT_TRUE(f->checkpoint()->protect_write(100, 1'000'000)) << "beyond the end nothing is saved";
}

// Whatever is done under a checkpoint, a rollback gives the old bytes.
RC_GTEST_FIXTURE_PROP(CheckpointTest, RollbackRestoresEveryByte, ()) {
  auto old = *rc::gen::string<std::string>();
  Scratch::write(scratch / "f", old);
  auto f = file();
  RC_ASSERT(f->begin_checkpoint().has_value());
  auto steps = *rc::gen::container<std::vector<std::pair<unsigned, unsigned>>>(
      rc::gen::pair(rc::gen::inRange(0U, 120U), rc::gen::inRange(0U, 60U)));
  for (auto [offset, size] : steps) {
    if (size == 0) {
      RC_ASSERT(f->checkpoint()->protect_truncate(offset).has_value());
      RC_ASSERT(f->truncate(offset).has_value());
    } else {
      RC_ASSERT(f->checkpoint()->protect_write(offset, size).has_value());
      put(*f, offset, std::string(size, 'n'));
    }
  }
  RC_ASSERT(f->end_checkpoint(false).has_value());
  RC_ASSERT(content() == old);
}

class CloneTest : public CheckpointTest {
 protected:
  std::shared_ptr<OpenFile> source(std::string_view content) {
    Scratch::write(scratch / "source", content);
    return tree->open_file(path("/source"), {}).value();
  }
};

TEST_F(CloneTest, CopiesRanges) {
  auto from = source("0123456789");
  auto to = file();
  EXPECT_TRUE(clone_range(*from, *to, {2, 3, 0}));
  EXPECT_TRUE(clone_range(*from, *to, {8, 0, 3}));
  EXPECT_EQ(content(), "23489");
  EXPECT_TRUE(clone_range(*from, *to, {0, 0, 0}));
  EXPECT_EQ(content(), "0123456789");
}

TEST_F(CloneTest, RefusesWhatIsNotThere) {
  auto from = source("0123456789");
  auto to = file();
  EXPECT_EQ(code_of(clone_range(*from, *to, {5, 6, 0})), Errc::invalid_argument);
  EXPECT_EQ(code_of(clone_range(*from, *to, {11, 0, 0})), Errc::invalid_argument);
  EXPECT_EQ(code_of(clone_range(*from, *to, {0, 5, INT64_MAX})), Errc::invalid_argument);
  EXPECT_EQ(code_of(clone_range(*to, *from, {0, 0, 0})), Errc::not_authorized);
}

TEST_F(CloneTest, WithinOneFileRangesMustNotOverlap) {
  Scratch::write(scratch / "f", "0123456789");
  auto f = file();
  EXPECT_EQ(code_of(clone_range(*f, *f, {0, 5, 4})), Errc::invalid_argument);
  EXPECT_TRUE(clone_range(*f, *f, {0, 5, 5}));
  EXPECT_EQ(content(), "0123401234");
}

}  // namespace
}  // namespace sluice::disk
