// SPDX-License-Identifier: Apache-2.0
// The point of most of these: a stored checksum is never believed when the content may be another.
#include "disk/checksums.h"

#include "base/checksum.h"
#include "disk/attributes.h"
#include "disk/checksum_runs.h"
#include "disk/test/scratch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace sluice::disk {
namespace {

using namespace std::chrono_literals;

class ChecksumsTest : public testing::Test {
 protected:
  std::string file() const { return (scratch / "f").string(); }
  std::string sum(std::string_view type = "adler32") {
    auto result = checksum_of(*tree, path("/f"), type);
    EXPECT_TRUE(result) << result.error().message();
    return result.value_or("");
  }
  bool is_stored(std::string_view type = "adler32") {
    Fd fd(::open(file().c_str(), O_RDONLY));
    return StoredChecksums::of_fd(fd.get(), stat_fd(fd.get(), "f").value()).find(type).has_value();
  }
  // Waits until the file's modification lies so far back that its sum may be stored.
  void settle() { std::this_thread::sleep_for(tree->volume().stamp_guard + 15ms); }
  // In place, without a new inode, as a local process would.
  void overwrite(std::string_view content) {
    Fd fd(::open(file().c_str(), O_WRONLY));
    ASSERT_EQ(::pwrite(fd.get(), content.data(), content.size(), 0),
              static_cast<ssize_t>(content.size()));
  }

  Scratch scratch;
  std::shared_ptr<FileTree> tree = scratch.tree();
};

TEST_F(ChecksumsTest, TheWellKnownValues) {
  Scratch::write(scratch / "f", "hello world");
  EXPECT_EQ(sum("adler32"), "1a0b045d");
  EXPECT_EQ(sum("zcrc32"),
            "85114a0d");  // the zlib value 0d4a1185 in the byte order that clients print
  EXPECT_EQ(sum("crc32"), "43b1a1a0");  // of cksum(1), as clients compute it
  EXPECT_EQ(sum("crc32c"), "c99465aa");
  EXPECT_EQ(sum("md5"), "5eb63bbbe01eeed093cb22bb8f5acdc3");
  EXPECT_EQ(sum("sha256"), "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
  EXPECT_EQ(code_of(checksum_of(*tree, path("/f"), "crc64")), Errc::unsupported);
  EXPECT_EQ(code_of(checksum_of(*tree, path("/none"), "md5")), Errc::not_found);
  EXPECT_EQ(code_of(checksum_of(*tree, path("/"), "md5")), Errc::is_directory);
}

TEST_F(ChecksumsTest, SeveralTypesLiveTogether) {
  Scratch::write(scratch / "f", "hello world");
  settle();
  std::string adler = sum("adler32");
  std::string md5 = sum("md5");
  EXPECT_TRUE(is_stored("adler32"));
  EXPECT_TRUE(is_stored("md5"));
  EXPECT_EQ(sum("adler32"), adler);
  EXPECT_EQ(sum("md5"), md5);
}

TEST_F(ChecksumsTest, WhatWasJustWrittenIsNotStored) {
  Scratch::write(scratch / "f", "aaaa");
  sum();
  EXPECT_FALSE(is_stored());
  settle();
  sum();
  EXPECT_TRUE(is_stored());
}

// The same size, again and again, as fast as it goes: all changes of one clock tick.
TEST_F(ChecksumsTest, NeverStaleWithinATick) {
  Scratch::write(scratch / "f", "0000");
  for (int i = 0; i < 3000; ++i) {
    std::string content = std::to_string(1000 + i);
    overwrite(content);
    std::uint32_t expected = adler32(as_bytes(content));
    ASSERT_EQ(sum(), fmt::format("{:08x}", expected)) << "round " << i;
  }
}

// The sum was stored long after the change, then the file changes in the very tick of the storing.
TEST_F(ChecksumsTest, NeverStaleAfterStoring) {
  Scratch::write(scratch / "f", "0000");
  for (int i = 0; i < 20; ++i) {
    settle();
    sum();
    ASSERT_TRUE(is_stored());
    std::string content = std::to_string(2000 + i);
    overwrite(content);
    ASSERT_EQ(sum(), fmt::format("{:08x}", adler32(as_bytes(content)))) << "round " << i;
  }
}

// An upload of ours, whose sum is stored at close, then a change of equal size at once.
TEST_F(ChecksumsTest, NeverStaleAfterAnUpload) {
  for (int i = 0; i < 300; ++i) {
    auto upload =
        tree->open_file(path("/f"), mode_for(OpenMode::Create::overwrite, i % 2 == 0)).value();
    put(*upload, 0, "uploaded");
    must(upload->close());
    ASSERT_TRUE(is_stored());
    overwrite("changed!");
    ASSERT_EQ(sum(), fmt::format("{:08x}", adler32(as_bytes(std::string_view("changed!"))))) << i;
  }
}

TEST_F(ChecksumsTest, PuttingTheModificationTimeBackDoesNotHelp) {
  Scratch::write(scratch / "f", "aaaa");
  settle();
  sum();
  ASSERT_TRUE(is_stored());
  struct stat before{};
  ASSERT_EQ(::stat(file().c_str(), &before), 0);
  settle();
  overwrite("bbbb");
  timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, file().c_str(), times, 0), 0);
  EXPECT_FALSE(is_stored());
  EXPECT_EQ(sum(), fmt::format("{:08x}", adler32(as_bytes(std::string_view("bbbb")))));
}

TEST_F(ChecksumsTest, ACopyOfTheAttributeIsNotBelieved) {
  Scratch::write(scratch / "f", "aaaa");
  settle();
  sum();
  char value[512];
  ssize_t size = ::getxattr(file().c_str(), StoredChecksums::attribute, value, sizeof value);
  ASSERT_GT(size, 0);
  Scratch::write(scratch / "g", "bbbb");
  ASSERT_EQ(::setxattr((scratch / "g").c_str(), StoredChecksums::attribute, value,
                       static_cast<std::size_t>(size), 0),
            0);
  fs::rename(scratch / "g", scratch / "f");
  EXPECT_FALSE(is_stored());
}

TEST_F(ChecksumsTest, GarbageInTheAttributeIsNotBelieved) {
  Scratch::write(scratch / "f", "aaaa");
  for (std::string_view text : {"", "x", "1 4 5", "1 4 -1 99999999999999999999 0 adler32=00000000",
                                "2 4 0 0 0 adler32=00000000", "1 a b c d e"}) {
    ASSERT_EQ(::setxattr(file().c_str(), StoredChecksums::attribute, text.data(), text.size(), 0),
              0);
    EXPECT_FALSE(is_stored()) << text;
  }
}

TEST_F(ChecksumsTest, OwnChangesOfNameModeAndAttributesKeepIt) {
  Scratch::write(scratch / "f", "aaaa");
  settle();
  sum();
  settle();
  ASSERT_TRUE(tree->change_mode(path("/f"), 0600));
  EXPECT_TRUE(is_stored());
  settle();
  ASSERT_TRUE(tree->move(path("/f"), path("/g")));
  settle();
  ASSERT_TRUE(tree->move(path("/g"), path("/f")));
  EXPECT_TRUE(is_stored());
  settle();
  ASSERT_TRUE(Attributes::of(*tree, path("/f")).value().set("a", "1", false));
  EXPECT_TRUE(is_stored());
}

TEST_F(ChecksumsTest, OwnChangesDoNotReviveADeadOne) {
  Scratch::write(scratch / "f", "aaaa");
  settle();
  sum();
  overwrite("bbbb");
  ASSERT_TRUE(tree->change_mode(path("/f"), 0600));
  ASSERT_TRUE(tree->move(path("/f"), path("/g")));
  ASSERT_TRUE(tree->move(path("/g"), path("/f")));
  EXPECT_FALSE(is_stored());
}

TEST_F(ChecksumsTest, TruncateForgetsIt) {
  Scratch::write(scratch / "f", "aaaa");
  settle();
  sum();
  ASSERT_TRUE(tree->truncate(path("/f"), 2));
  ASSERT_TRUE(tree->truncate(path("/f"), 4));
  EXPECT_EQ(sum(), fmt::format("{:08x}", adler32(as_bytes(std::string_view("aa\0\0", 4)))));
}

TEST_F(ChecksumsTest, AFileBeingWrittenIsLocked) {
  Scratch::write(scratch / "f", "aaaa");
  auto writer = tree->open_file(path("/f"), mode_for(OpenMode::Create::never)).value();
  EXPECT_EQ(code_of(checksum_of(*tree, path("/f"), "md5")), Errc::locked);
}

TEST_F(ChecksumsTest, ReadOnlyStoresNothing) {
  Scratch::write(scratch / "f", "aaaa");
  settle();
  DiskConfig config = scratch.config();
  config.read_only = true;
  EXPECT_TRUE(checksum_of(*Scratch::tree(config), path("/f"), "adler32"));
  EXPECT_FALSE(is_stored());
}

TEST_F(ChecksumsTest, CancelledWorkEnds) {
  Scratch::write(scratch / "f", std::string(4 << 20, 'x'));
  std::atomic<bool> cancelled{true};
  EXPECT_EQ(code_of(checksum_of(*tree, path("/f"), "md5", &cancelled)), Errc::cancelled);
}

TEST_F(ChecksumsTest, ClientsShareOneComputation) {
  fs::resize_file((Scratch::write(scratch / "f", ""), scratch / "f"), 256 << 20);
  ChecksumRuns runs(tree);
  auto first = runs.ask(path("/f"), "md5");
  auto second = runs.ask(path("/f"), "md5");
  Result<std::string> a = fail(Errc::usage);
  std::thread thread([&] { a = runs.get(*first, path("/f"), "md5"); });
  Result<std::string> b = runs.get(*second, path("/f"), "md5");
  thread.join();
  ASSERT_TRUE(a && b);
  EXPECT_EQ(*a, *b);
}

TEST_F(ChecksumsTest, TheComputationEndsWithTheLastInterest) {
  fs::resize_file((Scratch::write(scratch / "f", ""), scratch / "f"), 1 << 30);
  ChecksumRuns runs(tree);
  auto first = runs.ask(path("/f"), "sha256");
  auto second = runs.ask(path("/f"), "sha256");
  Result<std::string> a = fail(Errc::usage);
  std::thread thread([&] { a = runs.get(*first, path("/f"), "sha256"); });
  second->give_up();
  first->give_up();
  thread.join();
  EXPECT_EQ(code_of(a), Errc::cancelled);
  auto third = runs.ask(path("/f"), "sha256");
  std::thread cancels([&] { runs.cancel(path("/f")); });
  cancels.join();
  EXPECT_EQ(code_of(runs.get(*third, path("/f"), "sha256")), Errc::cancelled);
}

}  // namespace
}  // namespace sluice::disk
