// SPDX-License-Identifier: Apache-2.0
#include "disk/directory.h"

#include "disk/test/scratch.h"

#include <fcntl.h>
#include <unistd.h>

#include <set>

namespace sluice::disk {
namespace {

std::multiset<std::string> list(const FileTree& tree, std::string_view where) {
  auto reader = DirectoryReader::open(tree, path(where));
  std::multiset<std::string> names;
  EXPECT_TRUE(reader);
  while (reader) {
    auto page = reader->next_page();
    EXPECT_TRUE(page);
    if (!page || page->empty()) break;
    names.insert(page->begin(), page->end());
  }
  return names;
}

TEST(Directory, ListsWhatClientsMaySee) {
  Scratch scratch;
  auto tree = scratch.tree();
  fs::create_directory(scratch / "sub");
  Scratch::write(scratch / "f", "");
  Scratch::write(scratch / ".hidden", "");
  Scratch::write(scratch / "with blank", "");
  Scratch::write(scratch / ".sluice.upload.1", "");
  Scratch::write(scratch / "new\nline", "");
  EXPECT_EQ(list(*tree, "/"), (std::multiset<std::string>{"sub", "f", ".hidden", "with blank"}));
  EXPECT_TRUE(list(*tree, "/sub").empty());
  EXPECT_EQ(code_of(DirectoryReader::open(*tree, path("/f"))), Errc::not_file);
  EXPECT_EQ(code_of(DirectoryReader::open(*tree, path("/none"))), Errc::not_found);
}

TEST(Directory, AHundredThousandEntriesInBoundedPages) {
  Scratch scratch;
  auto tree = scratch.tree();
  Fd directory(::open(scratch.root().c_str(), O_PATH | O_DIRECTORY));
  constexpr int entries = 100'000;
  for (int i = 0; i < entries; ++i) {
    // Links are the cheapest entries to make; what they point to does not matter to a listing.
    ASSERT_EQ(::symlinkat("x", directory.get(), std::to_string(i).c_str()), 0);
  }
  auto reader = DirectoryReader::open(*tree, path("/"));
  ASSERT_TRUE(reader);
  std::set<std::string> seen;
  for (;;) {
    auto page = reader->next_page();
    ASSERT_TRUE(page);
    if (page->empty()) break;
    EXPECT_LE(page->size(), (64U << 10) / 24);
    seen.insert(page->begin(), page->end());
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(entries));
}

TEST(Directory, StatFollowsLinksAsFarAsTheyMayLead) {
  Scratch scratch;
  auto tree = scratch.tree();
  fs::create_directory(scratch / "d");
  Scratch::write(scratch / "f", "123");
  fs::create_symlink("../f", scratch / "d/inside");
  fs::create_symlink("../../outside/secret", scratch / "d/outside");
  auto reader = DirectoryReader::open(*tree, path("/d"));
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->stat("inside")->size, 3U);
  EXPECT_TRUE(reader->stat("outside")->is_link());
  EXPECT_EQ(code_of(reader->stat("gone")), Errc::not_found);
}

}  // namespace
}  // namespace sluice::disk
