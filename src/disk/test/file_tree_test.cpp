// SPDX-License-Identifier: Apache-2.0
#include "disk/file_tree.h"

#include "disk/test/scratch.h"

#include <sys/stat.h>
#include <unistd.h>

namespace sluice::disk {
namespace {

class FileTreeTest : public testing::Test {
 protected:
  Scratch scratch;
  std::shared_ptr<FileTree> tree = scratch.tree();
};

TEST_F(FileTreeTest, StatTellsWhatTheFileSystemKnows) {
  fs::create_directories(scratch / "a/b");
  Scratch::write(scratch / "a/b/f", "12345");
  auto stat = tree->stat(path("/a/b/f"));
  ASSERT_TRUE(stat);
  EXPECT_TRUE(stat->is_file());
  EXPECT_EQ(stat->size, 5U);
  struct stat raw{};
  ASSERT_EQ(::stat((scratch / "a/b/f").c_str(), &raw), 0);
  EXPECT_EQ(stat->key.inode, raw.st_ino);
  EXPECT_EQ(stat->key.device, raw.st_dev);
  EXPECT_EQ(stat->modified_ns, raw.st_mtim.tv_sec * 1'000'000'000 + raw.st_mtim.tv_nsec);
  EXPECT_TRUE(tree->stat(path("/a"))->is_directory());
  EXPECT_TRUE(tree->stat(path("/"))->is_directory());
}

TEST_F(FileTreeTest, ErrorsNameThePathOfTheClientOnly) {
  auto missing = tree->stat(path("/a/nothing"));
  ASSERT_EQ(code_of(missing), Errc::not_found);
  EXPECT_EQ(missing.error().message(),
            "No such file or directory: /a/nothing: No such file or directory");
  EXPECT_EQ(missing.error().message().find(scratch.root().string()), std::string::npos);
  Scratch::write(scratch / "f", "");
  EXPECT_EQ(code_of(tree->stat(path("/f/x"))), Errc::not_file);
}

TEST_F(FileTreeTest, LinksAreFollowedInsideOnly) {
  fs::create_directories(scratch / "a/b");
  Scratch::write(scratch / "a/f", "inside");
  fs::create_symlink("f", scratch / "a/near");
  fs::create_symlink("../f", scratch / "a/b/up");
  fs::create_symlink("a", scratch / "dir");
  fs::create_symlink("../outside/secret", scratch / "out");
  fs::create_symlink((scratch / "a/f").string(), scratch / "absolute");
  fs::create_symlink("loop", scratch / "loop");
  fs::create_symlink("/proc/self/root", scratch / "magic");
  for (const char* good : {"/a/near", "/a/b/up", "/dir/f", "/dir/near"}) {
    auto stat = tree->stat(path(good));
    ASSERT_TRUE(stat) << good << " " << stat.error().message();
    EXPECT_EQ(stat->size, 6U);
    EXPECT_TRUE(tree->open_file(path(good), {})) << good;
  }
  for (const char* bad : {"/out", "/absolute", "/loop", "/magic", "/magic/etc/passwd"}) {
    EXPECT_EQ(code_of(tree->stat(path(bad))), Errc::not_authorized) << bad;
    EXPECT_EQ(code_of(tree->open_file(path(bad), {})), Errc::not_authorized) << bad;
    EXPECT_EQ(code_of(tree->truncate(path(bad), 0)), Errc::not_authorized) << bad;
    EXPECT_EQ(code_of(tree->change_mode(path(bad), 0777)), Errc::not_authorized) << bad;
  }
  EXPECT_EQ(code_of(tree->open_file(path("/out"), mode_for(OpenMode::Create::overwrite))),
            Errc::not_authorized);
  EXPECT_EQ(code_of(tree->open_file(path("/out"), mode_for(OpenMode::Create::always))),
            Errc::exists);
  // rm takes the link itself.
  EXPECT_TRUE(tree->remove_file(path("/out")));
  EXPECT_EQ(Scratch::read(scratch.outside() / "secret"), "secret");
}

TEST_F(FileTreeTest, MakeDirectories) {
  EXPECT_TRUE(tree->make_directory(path("/d"), 0755, false));
  EXPECT_EQ(code_of(tree->make_directory(path("/d"), 0755, false)), Errc::exists);
  EXPECT_TRUE(tree->make_directory(path("/d"), 0755, true));
  EXPECT_EQ(code_of(tree->make_directory(path("/x/y"), 0755, false)), Errc::not_found);
  EXPECT_TRUE(tree->make_directory(path("/d/x/y/z"), 0755, true));
  EXPECT_TRUE(fs::is_directory(scratch / "d/x/y/z"));
  Scratch::write(scratch / "f", "");
  EXPECT_EQ(code_of(tree->make_directory(path("/f/x"), 0755, true)), Errc::not_file);
  EXPECT_FALSE(tree->make_directory(path("/f"), 0755, true));
  EXPECT_TRUE(tree->make_directory(path("/"), 0755, true));
  EXPECT_EQ(code_of(tree->make_directory(path("/"), 0755, false)), Errc::exists);
}

TEST_F(FileTreeTest, MakeDirectoriesFollowsLinksInside) {
  fs::create_directory(scratch / "real");
  fs::create_symlink("real", scratch / "link");
  fs::create_symlink("../outside", scratch / "out");
  EXPECT_TRUE(tree->make_directory(path("/link/a/b"), 0755, true));
  EXPECT_TRUE(fs::is_directory(scratch / "real/a/b"));
  EXPECT_EQ(code_of(tree->make_directory(path("/out/a/b"), 0755, true)), Errc::not_authorized);
  EXPECT_FALSE(fs::exists(scratch.outside() / "a"));
}

TEST_F(FileTreeTest, RemoveTellsFilesFromDirectories) {
  fs::create_directories(scratch / "d/e");
  Scratch::write(scratch / "f", "");
  EXPECT_EQ(code_of(tree->remove_file(path("/d"))), Errc::is_directory);
  EXPECT_EQ(code_of(tree->remove_directory(path("/f"))), Errc::not_file);
  EXPECT_EQ(code_of(tree->remove_directory(path("/d"))), Errc::exists);
  EXPECT_EQ(code_of(tree->remove_file(path("/none"))), Errc::not_found);
  EXPECT_EQ(code_of(tree->remove_directory(path("/"))), Errc::not_authorized);
  EXPECT_EQ(code_of(tree->remove_file(path("/"))), Errc::is_directory);
  EXPECT_TRUE(tree->remove_directory(path("/d/e")));
  EXPECT_TRUE(tree->remove_directory(path("/d")));
  EXPECT_TRUE(tree->remove_file(path("/f")));
  EXPECT_TRUE(fs::is_empty(scratch.root()));
}

TEST_F(FileTreeTest, MoveNeverOverwrites) {
  Scratch::write(scratch / "a", "A");
  Scratch::write(scratch / "b", "B");
  fs::create_directory(scratch / "d");
  EXPECT_EQ(code_of(tree->move(path("/a"), path("/b"))), Errc::exists);
  EXPECT_EQ(code_of(tree->move(path("/a"), path("/d"))), Errc::exists);
  EXPECT_EQ(code_of(tree->move(path("/none"), path("/x"))), Errc::not_found);
  EXPECT_EQ(code_of(tree->move(path("/d"), path("/d/e"))), Errc::invalid_argument);
  EXPECT_EQ(Scratch::read(scratch / "b"), "B");
  EXPECT_TRUE(tree->move(path("/a"), path("/new/dir/a")));
  EXPECT_EQ(Scratch::read(scratch / "new/dir/a"), "A");
  EXPECT_TRUE(tree->move(path("/new"), path("/d/new")));
  EXPECT_TRUE(fs::exists(scratch / "d/new/dir/a"));
}

// The cache of parents must not outlive our own changes.
TEST_F(FileTreeTest, StatSeesTheNewTreeAfterMoveAndRmdir) {
  fs::create_directories(scratch / "one/sub");
  fs::create_directories(scratch / "two/sub");
  Scratch::write(scratch / "one/sub/f", "1");
  Scratch::write(scratch / "two/sub/f", "22");
  EXPECT_EQ(tree->stat(path("/one/sub/f"))->size, 1U);
  ASSERT_TRUE(tree->move(path("/one"), path("/old")));
  EXPECT_EQ(code_of(tree->stat(path("/one/sub/f"))), Errc::not_found);
  ASSERT_TRUE(tree->move(path("/two"), path("/one")));
  EXPECT_EQ(tree->stat(path("/one/sub/f"))->size, 2U);
  ASSERT_TRUE(tree->remove_file(path("/one/sub/f")));
  ASSERT_TRUE(tree->remove_directory(path("/one/sub")));
  ASSERT_TRUE(tree->make_directory(path("/one/sub"), 0755, false));
  Scratch::write(scratch / "one/sub/f", "333");
  EXPECT_EQ(tree->stat(path("/one/sub/f"))->size, 3U);
}

TEST_F(FileTreeTest, TwoTreesDoNotShareParents) {
  Scratch other;
  auto second = other.tree();
  for (const Scratch* s : {&scratch, &other}) fs::create_directory(*s / "d");
  Scratch::write(scratch / "d/f", "1");
  Scratch::write(other / "d/f", "22");
  EXPECT_EQ(tree->stat(path("/d/f"))->size, 1U);
  EXPECT_EQ(second->stat(path("/d/f"))->size, 2U);
}

TEST_F(FileTreeTest, ChangeMode) {
  Scratch::write(scratch / "f", "");
  EXPECT_TRUE(tree->change_mode(path("/f"), 04640));
  EXPECT_EQ(tree->stat(path("/f"))->mode & 07777, 0640U);
}

TEST_F(FileTreeTest, TruncateByPath) {
  Scratch::write(scratch / "f", "123456");
  fs::create_directory(scratch / "d");
  EXPECT_TRUE(tree->truncate(path("/f"), 3));
  EXPECT_EQ(Scratch::read(scratch / "f"), "123");
  EXPECT_EQ(code_of(tree->truncate(path("/d"), 3)), Errc::is_directory);
  EXPECT_EQ(code_of(tree->truncate(path("/f"), UINT64_MAX)), Errc::invalid_argument);
  auto writer = tree->open_file(path("/f"), mode_for(OpenMode::Create::never));
  ASSERT_TRUE(writer);
  EXPECT_EQ(code_of(tree->truncate(path("/f"), 1)), Errc::locked);
}

TEST_F(FileTreeTest, SpecialFilesAreNoFiles) {
  ASSERT_EQ(::mkfifo((scratch / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(code_of(tree->open_file(path("/fifo"), {})), Errc::not_file);
  EXPECT_EQ(code_of(tree->open_file(path("/fifo"), mode_for(OpenMode::Create::overwrite))),
            Errc::not_file);
  EXPECT_EQ(code_of(tree->truncate(path("/fifo"), 0)), Errc::not_file);
  EXPECT_TRUE(tree->stat(path("/fifo")));
}

TEST_F(FileTreeTest, ReadOnlyRefusesEveryChange) {
  Scratch::write(scratch / "f", "x");
  DiskConfig config = scratch.config();
  config.read_only = true;
  auto frozen = Scratch::tree(config);
  using enum OpenMode::Create;
  EXPECT_EQ(code_of(frozen->make_directory(path("/d"), 0755, true)), Errc::read_only);
  EXPECT_EQ(code_of(frozen->remove_file(path("/f"))), Errc::read_only);
  EXPECT_EQ(code_of(frozen->remove_directory(path("/f"))), Errc::read_only);
  EXPECT_EQ(code_of(frozen->move(path("/f"), path("/g"))), Errc::read_only);
  EXPECT_EQ(code_of(frozen->change_mode(path("/f"), 0600)), Errc::read_only);
  EXPECT_EQ(code_of(frozen->truncate(path("/f"), 0)), Errc::read_only);
  for (auto create : {never, always, overwrite, missing}) {
    EXPECT_EQ(code_of(frozen->open_file(path("/f"), mode_for(create))), Errc::read_only);
  }
  EXPECT_FALSE(frozen->may_write(*frozen->stat(path("/f"))));
  EXPECT_TRUE(frozen->open_file(path("/f"), {}));
  EXPECT_EQ(Scratch::read(scratch / "f"), "x");
}

TEST_F(FileTreeTest, SpaceIsThatOfTheFileSystem) {
  auto space = tree->space(path("/"));
  ASSERT_TRUE(space);
  EXPECT_GT(space->total, 0U);
  EXPECT_LE(space->free, space->total);
}

TEST_F(FileTreeTest, AMissingDirectoryIsAnErrorAtTheStart) {
  DiskConfig config = scratch.config();
  config.export_directory += "/none";
  EXPECT_EQ(code_of(FileTree::open(config)), Errc::not_found);
}

}  // namespace
}  // namespace sluice::disk
