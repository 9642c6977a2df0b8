// SPDX-License-Identifier: Apache-2.0
#include "disk/open_file.h"

#include "disk/checksums.h"
#include "disk/test/scratch.h"
#include "disk/upload.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::disk {
namespace {

using enum OpenMode::Create;

class OpenFileTest : public testing::Test {
 protected:
  std::shared_ptr<OpenFile> open(std::string_view name, const OpenMode& mode = {}) {
    auto file = tree->open_file(path(name), mode);
    EXPECT_TRUE(file) << file.error().message();
    return file ? *file : nullptr;
  }
  std::string content(std::string_view name) { return Scratch::read(scratch / name.substr(1)); }
  bool exists(std::string_view name) { return fs::exists(scratch / name.substr(1)); }
  // Names in the root, ours included.
  std::size_t names() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(scratch.root()), fs::directory_iterator()));
  }
  void restart(const std::function<void(DiskConfig&)>& change) {
    DiskConfig config = scratch.config();
    change(config);
    tree.reset();
    tree = Scratch::tree(config);
  }

  Scratch scratch;
  std::shared_ptr<FileTree> tree = scratch.tree();
};

TEST_F(OpenFileTest, Reading) {
  Scratch::write(scratch / "f", "hello");
  auto file = open("/f");
  EXPECT_TRUE(file->is_readable());
  EXPECT_FALSE(file->is_writable());
  EXPECT_FALSE(file->slow_to_close());
  EXPECT_EQ(file->opened_stat().size, 5U);
  EXPECT_EQ(code_of(file->truncate(1)), Errc::not_authorized);
  EXPECT_TRUE(file->close());
  EXPECT_EQ(code_of(tree->open_file(path("/none"), {})), Errc::not_found);
  EXPECT_EQ(code_of(tree->open_file(path("/"), {})), Errc::is_directory);
  fs::create_directory(scratch / "d");
  EXPECT_EQ(code_of(tree->open_file(path("/d"), {})), Errc::is_directory);
  EXPECT_EQ(code_of(tree->open_file(path("/f/x"), {})), Errc::not_file);
}

TEST_F(OpenFileTest, WhatExistsDecides) {
  Scratch::write(scratch / "old", "old");
  fs::create_directory(scratch / "d");
  EXPECT_EQ(code_of(tree->open_file(path("/old"), mode_for(always))), Errc::exists);
  EXPECT_EQ(code_of(tree->open_file(path("/old"), mode_for(always, true))), Errc::exists);
  EXPECT_EQ(code_of(tree->open_file(path("/new"), mode_for(never))), Errc::not_found);
  EXPECT_EQ(code_of(tree->open_file(path("/d"), mode_for(always))), Errc::exists);
  for (auto create : {never, overwrite, missing}) {
    EXPECT_EQ(code_of(tree->open_file(path("/d"), mode_for(create))), Errc::is_directory);
  }
  EXPECT_EQ(content("/old"), "old");
  EXPECT_FALSE(exists("/new"));
}

TEST_F(OpenFileTest, NewFilesGetTheirModeAndParents) {
  ::umask(022);
  OpenMode mode = mode_for(always);
  mode.mode = 0640;
  auto file = open("/a/b/f", mode);
  put(*file, 0, "x");
  EXPECT_TRUE(exists("/a/b/f"));
  EXPECT_TRUE(file->close());
  EXPECT_EQ(tree->stat(path("/a/b/f"))->mode & 07777, 0640U);
  open("/a/g", mode_for(always));
  EXPECT_EQ(tree->stat(path("/a/g"))->mode & 07777, 0644U);
  mode.mode = 0004;
  must(open("/a/h", mode)->close());
  EXPECT_EQ(tree->stat(path("/a/h"))->mode & 07777, 0604U);
}

TEST_F(OpenFileTest, UpdateAndAppendKeepTheContent) {
  Scratch::write(scratch / "f", "12345");
  auto update = open("/f", mode_for(never));
  put(*update, 1, "xx");
  EXPECT_TRUE(update->close());
  EXPECT_EQ(content("/f"), "1xx45");
  auto append = open("/f", mode_for(missing));
  put(*append, 5, "6");
  EXPECT_TRUE(append->close());
  EXPECT_EQ(content("/f"), "1xx456");
  auto made = open("/g", mode_for(missing));
  EXPECT_TRUE(made->close());
  EXPECT_TRUE(exists("/g"));
}

TEST_F(OpenFileTest, PlainOverwriteEmptiesAtOnce) {
  Scratch::write(scratch / "f", "12345");
  auto file = open("/f", mode_for(overwrite));
  EXPECT_EQ(content("/f"), "");
  put(*file, 0, "9");
  EXPECT_TRUE(file->close());
  EXPECT_EQ(content("/f"), "9");
}

TEST_F(OpenFileTest, PoscAppearsAtClose) {
  auto file = open("/a/f", mode_for(always, true));
  put(*file, 0, "complete");
  EXPECT_TRUE(file->is_pending());
  EXPECT_TRUE(file->stat()->pending);
  EXPECT_FALSE(exists("/a/f"));
  EXPECT_EQ(code_of(tree->stat(path("/a/f"))), Errc::not_found);
  EXPECT_TRUE(file->close());
  EXPECT_EQ(content("/a/f"), "complete");
  EXPECT_EQ(names(), 1U);
  EXPECT_EQ(code_of(file->close()), Errc::not_open);
}

TEST_F(OpenFileTest, PoscVanishesWithoutClose) {
  auto file = open("/f", mode_for(always, true));
  put(*file, 0, "partial");
  file.reset();
  EXPECT_EQ(names(), 0U);
}

TEST_F(OpenFileTest, PoscOverwriteKeepsTheOldFileUntilClose) {
  Scratch::write(scratch / "f", "old");
  auto reader = open("/f");
  for (const char* fresh : {"new content", "newer"}) {
    open("/f", mode_for(overwrite, true)).reset();  // given up: nothing happens
    auto file = open("/f", mode_for(overwrite, true));
    std::string before = content("/f");
    put(*file, 0, fresh);
    EXPECT_EQ(content("/f"), before);
    EXPECT_TRUE(file->close());
    EXPECT_EQ(content("/f"), fresh);
  }
  std::string seen(3, ' ');
  EXPECT_EQ(read_full(reader->fd(), seen.data(), 3, 0, "").value(), 3U);
  EXPECT_EQ(seen, "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch / ".sluice.state"), {}), 0);
}

TEST_F(OpenFileTest, PoscNeverOverwritesWhatAppearedMeanwhile) {
  auto file = open("/f", mode_for(always, true));
  put(*file, 0, "ours");
  Scratch::write(scratch / "f", "theirs");
  EXPECT_EQ(code_of(file->close()), Errc::exists);
  EXPECT_EQ(content("/f"), "theirs");
}

TEST_F(OpenFileTest, PartialFilesStayOrGo) {
  put(*open("/keep", mode_for(always)), 0, "partial");
  EXPECT_EQ(content("/keep"), "partial");
  restart([](DiskConfig& config) { config.keep_partial = false; });
  Scratch::write(scratch / "old", "old");
  put(*open("/new", mode_for(always)), 0, "partial");
  put(*open("/old", mode_for(overwrite)), 0, "partial");
  put(*open("/keep", mode_for(never)), 0, "P");
  EXPECT_FALSE(exists("/new"));
  EXPECT_FALSE(exists("/old"));
  EXPECT_EQ(content("/keep"), "Partial");
}

TEST_F(OpenFileTest, GivingUpRemovesOnlyTheOwnFile) {
  restart([](DiskConfig& config) { config.keep_partial = false; });
  auto file = open("/f", mode_for(always));
  fs::remove(scratch / "f");
  Scratch::write(scratch / "f", "another");
  file.reset();
  EXPECT_EQ(content("/f"), "another");
}

TEST_F(OpenFileTest, OneWriterPerFile) {
  Scratch::write(scratch / "f", "x");
  fs::create_hard_link(scratch / "f", scratch / "twin");
  fs::create_symlink("f", scratch / "link");
  auto writer = open("/f", mode_for(never));
  for (const char* name : {"/f", "/twin", "/link"}) {
    for (auto create : {never, overwrite, missing}) {
      EXPECT_EQ(code_of(tree->open_file(path(name), mode_for(create))), Errc::locked) << name;
    }
  }
  EXPECT_EQ(code_of(tree->open_file(path("/f"), mode_for(overwrite, true))), Errc::locked);
  EXPECT_EQ(code_of(tree->move(path("/f"), path("/g"))), Errc::locked);
  EXPECT_TRUE(tree->open_file(path("/f"), {})) << "readers are welcome";
  OpenMode forced = mode_for(never);
  forced.force = true;
  EXPECT_TRUE(tree->open_file(path("/f"), forced));
  EXPECT_TRUE(writer->close());
  EXPECT_TRUE(tree->open_file(path("/f"), mode_for(never)));
  EXPECT_EQ(content("/f"), "x");
}

TEST_F(OpenFileTest, OneUploadPerName) {
  fs::create_directory(scratch / "d");
  fs::create_symlink("d", scratch / "link");
  auto first = open("/d/f", mode_for(always, true));
  for (bool on_success : {true, false}) {
    EXPECT_EQ(code_of(tree->open_file(path("/d/f"), mode_for(always, on_success))), Errc::locked);
    EXPECT_EQ(code_of(tree->open_file(path("/link/f"), mode_for(overwrite, on_success))),
              Errc::locked);
  }
  EXPECT_FALSE(exists("/d/f"));
  first.reset();
  EXPECT_TRUE(tree->open_file(path("/link/f"), mode_for(always, true)));
}

TEST_F(OpenFileTest, MoreThanFitsIsRefusedAtOnce) {
  OpenMode mode = mode_for(always);
  mode.expected_size = INT64_MAX;
  EXPECT_EQ(code_of(tree->open_file(path("/f"), mode)), Errc::no_space);
  EXPECT_FALSE(exists("/f"));
}

TEST_F(OpenFileTest, BadPagesFailTheClose) {
  auto file = open("/f", mode_for(always, true));
  put(*file, 0, std::string(8192, 'x'));
  ASSERT_TRUE(file->page_errors().bad(4096));
  EXPECT_EQ(code_of(file->close()), Errc::checksum);
  EXPECT_EQ(names(), 0U);
  auto repaired = open("/f", mode_for(always, true));
  ASSERT_TRUE(repaired->page_errors().bad(0));
  repaired->page_errors().good(0, 4096);
  EXPECT_TRUE(repaired->close());
}

TEST(PageErrors, Limits) {
  PageErrors errors;
  for (std::uint64_t i = 0; i < PageErrors::max_per_file; ++i) ASSERT_TRUE(errors.bad(i * 4096));
  EXPECT_EQ(code_of(errors.bad(1U << 30)), Errc::too_many_errors);
  EXPECT_TRUE(errors.bad(0)) << "the same page again";
  errors.good(4096, 8192);
  EXPECT_EQ(errors.count(), PageErrors::max_per_file - 2);
  errors.cut(4096);
  EXPECT_EQ(errors.count(), 1U);
}

TEST_F(OpenFileTest, UploadsInOrderLeaveTheirSum) {
  for (bool on_success : {false, true}) {
    std::string name = on_success ? "/posc" : "/plain";
    auto file = open(name, mode_for(always, on_success));
    put(*file, 0, "hello ");
    put(*file, 6, "world");
    EXPECT_TRUE(file->close());
    auto reader = open(name);
    auto sums = StoredChecksums::of_fd(reader->fd(), *reader->stat());
    EXPECT_EQ(sums.find("adler32"), "1a0b045d");
    EXPECT_EQ(checksum_of(*tree, path(name), "adler32").value(), "1a0b045d");
  }
}

TEST_F(OpenFileTest, OtherOrdersLeaveNone) {
  auto stored = [&](const std::function<void(OpenFile&)>& writes) {
    auto file = open("/f", mode_for(overwrite));
    writes(*file);
    EXPECT_TRUE(file->close());
    auto reader = open("/f");
    return !StoredChecksums::of_fd(reader->fd(), *reader->stat()).empty();
  };
  EXPECT_TRUE(stored([](OpenFile& f) { put(f, 0, "ab"); }));
  EXPECT_TRUE(stored([](OpenFile&) {})) << "an empty file";
  EXPECT_FALSE(stored([](OpenFile& f) { put(f, 1, "b"), put(f, 0, "a"); }));
  EXPECT_FALSE(stored([](OpenFile& f) { put(f, 0, "ab"), put(f, 0, "c"); }));
  EXPECT_FALSE(stored([](OpenFile& f) { put(f, 0, "ab"), f.wrote_unseen(2, 1); }));
  EXPECT_FALSE(stored([](OpenFile& f) { put(f, 0, "ab"), must(f.truncate(1)); }));
  EXPECT_FALSE(stored([](OpenFile& f) { put(f, 0, "ab"), must(f.truncate(3)); }));
  EXPECT_TRUE(stored([](OpenFile& f) { must(f.truncate(2)), put(f, 0, "ab"); }));
}

TEST_F(OpenFileTest, EveryOpenForWritingForgetsTheStoredSum) {
  put(*open("/f", mode_for(always)), 0, "x");
  must(open("/f", mode_for(overwrite))->close());
  auto holds = [&] {
    auto reader = open("/f");
    return !StoredChecksums::of_fd(reader->fd(), *reader->stat()).empty();
  };
  ASSERT_TRUE(holds());
  open("/f", mode_for(never)).reset();
  EXPECT_FALSE(holds());
}

TEST_F(OpenFileTest, DurableUploads) {
  for (auto policy : {SyncPolicy::commit, SyncPolicy::always}) {
    restart([&](DiskConfig& config) { config.sync = policy; });
    auto file = open("/f", mode_for(overwrite, true));
    bool syncs = (::fcntl(file->fd(), F_GETFL) & O_DSYNC) != 0;
    EXPECT_EQ(syncs, policy == SyncPolicy::always);
    put(*file, 0, "x");
    EXPECT_TRUE(file->sync());
    EXPECT_TRUE(file->close());
    EXPECT_EQ(content("/f"), "x");
  }
}

// File systems without O_TMPFILE.
TEST_F(OpenFileTest, NamedHiddenFiles) {
  Journal journal(tree->root());
  auto make = [&] {
    auto hidden = HiddenFile::make_named(journal, tree->root(), "", O_RDWR, 0644, "f");
    EXPECT_TRUE(hidden);
    EXPECT_TRUE(write_all(hidden->fd(), "content", 0, "f"));
    return std::move(*hidden);
  };
  HiddenFile fresh = make();
  EXPECT_EQ(names(), 2U) << "the hidden file and the journal";
  EXPECT_TRUE(fresh.publish(fresh.fd(), "f", false));
  EXPECT_EQ(content("/f"), "content");
  HiddenFile second = make();
  EXPECT_EQ(code_of(second.publish(second.fd(), "f", false)), Errc::exists);
  EXPECT_TRUE(second.publish(second.fd(), "f", true));
  HiddenFile third = make();
  third.discard();
  EXPECT_EQ(names(), 2U);
  EXPECT_TRUE(fs::is_empty(scratch / ".sluice.state"));
}

}  // namespace
}  // namespace sluice::disk
