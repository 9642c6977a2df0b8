// SPDX-License-Identifier: Apache-2.0
// A local process swaps a directory of the tree with a link that leads out of it, as fast as it can,
// while every operation is tried on paths through it. None may ever reach what lies outside.
#include "disk/beneath.h"
#include "disk/checksums.h"
#include "disk/directory.h"
#include "disk/test/scratch.h"

#include <fcntl.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>

namespace sluice::disk {
namespace {

class EscapeTest : public testing::TestWithParam<const char*> {
 protected:
  // What the outside looks like now: names and content.
  std::string outside() const {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator(scratch.outside())) {
      all += entry.path().filename().string() + "=" +
             (entry.is_regular_file() ? Scratch::read(entry.path()) : "dir") +
             std::to_string(static_cast<int>(entry.status().permissions())) + "\n";
    }
    return all;
  }

  // Runs `attempt` for a while against a swapping thread; says how often it succeeded.
  int race(const std::function<bool()>& attempt) {
    std::atomic<bool> stop{false};
    std::thread swapper([&] {
      while (!stop) {
        ::renameat2(AT_FDCWD, (scratch / "d").c_str(), AT_FDCWD, (scratch / "link").c_str(),
                    RENAME_EXCHANGE);
      }
    });
    int successes = 0;
    auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(150);
    while (std::chrono::steady_clock::now() < end) successes += attempt() ? 1 : 0;
    stop = true;
    swapper.join();
    return successes;
  }

  void SetUp() override {
    fs::create_directories(scratch / "d");
    Scratch::write(scratch / "d/secret", "inside");
    fs::create_directory(scratch.outside() / "sub");
    const char* target = GetParam();
    fs::create_symlink(std::string_view(target) == "absolute" ? scratch.outside().string() : target,
                       scratch / "link");
  }

  Scratch scratch;
  std::shared_ptr<FileTree> tree = scratch.tree();
};

TEST_P(EscapeTest, StatAndReadSeeTheInsideOnly) {
  FileKey secret = stat_at(AT_FDCWD, (scratch.outside() / "secret").c_str(), "").value().key;
  int successes = race([&] {
    auto stat = tree->stat(path("/d/secret"));
    if (stat) EXPECT_NE(stat->key, secret);
    auto file = tree->open_file(path("/d/secret"), {});
    if (!file) return false;
    std::string content(6, ' ');
    EXPECT_EQ(read_full((*file)->fd(), content.data(), 6, 0, "").value(), 6U);
    EXPECT_EQ(content, "inside");
    return true;
  });
  EXPECT_GT(successes, 0);
}

TEST_P(EscapeTest, ChangesHitTheInsideOnly) {
  std::string before = outside();
  int successes = race([&] {
    bool any = false;
    any |= tree->make_directory(path("/d/sub/x"), 0755, true).has_value();
    any |= tree->remove_directory(path("/d/sub")).has_value();
    any |= tree->truncate(path("/d/secret"), 3).has_value();
    any |= tree->change_mode(path("/d/secret"), 0600).has_value();
    any |= tree->move(path("/d/secret"), path("/d/moved")).has_value();
    any |= tree->move(path("/d/moved"), path("/d/secret")).has_value();
    any |= tree->remove_file(path("/d/victim")).has_value();
    return any;
  });
  EXPECT_GT(successes, 0);
  EXPECT_EQ(outside(), before);
}

TEST_P(EscapeTest, UploadsLandInsideOnly) {
  std::string before = outside();
  int successes = race([&] {
    bool any = false;
    for (bool on_success : {true, false}) {
      for (auto create : {OpenMode::Create::overwrite, OpenMode::Create::always}) {
        auto file = tree->open_file(path("/d/new"), mode_for(create, on_success));
        if (!file) continue;
        put(**file, 0, "new");
        any |= (*file)->close().has_value();
      }
    }
    return any;
  });
  EXPECT_GT(successes, 0);
  EXPECT_EQ(outside(), before);
}

TEST_P(EscapeTest, ListingsAndChecksumsSeeTheInsideOnly) {
  race([&] {
    auto reader = DirectoryReader::open(*tree, path("/d"));
    if (!reader) return false;
    for (;;) {
      auto names = reader->next_page();
      if (!names || names->empty()) break;
      for (std::string_view name : *names) EXPECT_NE(name, "sub");
    }
    auto sum = checksum_of(*tree, path("/d/secret"), "adler32");
    if (sum) EXPECT_EQ(*sum, "08d6027d");  // adler32 of "inside"
    return true;
  });
}

INSTANTIATE_TEST_SUITE_P(Links, EscapeTest,
                         testing::Values("absolute", "../outside", "d/../../outside"));

}  // namespace
}  // namespace sluice::disk
