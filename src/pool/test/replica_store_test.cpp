// SPDX-License-Identifier: Apache-2.0
#include "pool/replica_store.h"

#include <gtest/gtest.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <set>

namespace sluice::pool {
namespace {

class ReplicaStoreTest : public testing::Test {
 protected:
  ReplicaStoreTest() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder = name;
    store = open();
  }
  ~ReplicaStoreTest() override { std::filesystem::remove_all(folder); }

  std::unique_ptr<ReplicaStore> open() {
    disk::DiskConfig config;
    config.export_directory = folder;
    config.keep_partial = false;
    return std::move(*ReplicaStore::open(config));
  }
  std::shared_ptr<disk::OpenFile> begin(FileId file, std::string_view bytes) {
    auto upload = store->begin(file, 0, 0640, "1 maria /data/f");
    if (!upload) throw std::runtime_error(upload.error().message());
    EXPECT_EQ(::pwrite((*upload)->fd(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    (*upload)->wrote(0, as_bytes(bytes));
    return *upload;
  }
  std::set<FileId> stored() {
    std::set<FileId> out;
    EXPECT_TRUE(store->visit([&](std::span<const FileId> ids) -> Status {
      out.insert(ids.begin(), ids.end());
      return {};
    }));
    return out;
  }
  std::size_t names_on_disk() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }

  std::string folder;
  std::unique_ptr<ReplicaStore> store;
};

TEST(ReplicaPath, neighbours_share_a_folder_and_no_folder_is_large) {
  EXPECT_EQ(replica_path({0x1a2b}), "/000000/001/0000000000001a2b");
  EXPECT_EQ(replica_path({INT64_MAX}), "/7fffffffff/fff/7fffffffffffffff");
}

TEST_F(ReplicaStoreTest, an_upload_has_a_name_only_when_it_is_closed) {
  auto upload = begin({5}, "hello");
  EXPECT_EQ(store->open_replica({5}).error().code, Errc::not_found);
  EXPECT_EQ(names_on_disk(), 0U);
  ASSERT_TRUE(upload->close());
  auto replica = store->open_replica({5});
  ASSERT_TRUE(replica);
  EXPECT_EQ((*replica)->opened_stat().size, 5U);
  EXPECT_EQ((*replica)->opened_stat().mode & 0777, 0640U);
  EXPECT_EQ(*store->size_of({5}), 5U);
  char text[64]{};
  ASSERT_GT(::fgetxattr((*replica)->fd(), ReplicaStore::attribute, text, sizeof text), 0);
  EXPECT_STREQ(text, "1 maria /data/f");
}

TEST_F(ReplicaStoreTest, what_is_not_closed_leaves_nothing) {
  begin({5}, "hello");
  EXPECT_EQ(names_on_disk(), 0U);
  store = open();
  EXPECT_TRUE(stored().empty());
}

TEST_F(ReplicaStoreTest, an_id_is_written_once) {
  auto first = begin({5}, "hello");
  EXPECT_EQ(store->begin({5}, 0, 0, "").error().code, Errc::locked);
  ASSERT_TRUE(first->close());
  EXPECT_EQ(store->begin({5}, 0, 0, "").error().code, Errc::exists);
}

TEST_F(ReplicaStoreTest, more_than_fits_is_refused_at_once) {
  EXPECT_EQ(store->begin({5}, 1ULL << 60, 0, "").error().code, Errc::no_space);
}

TEST_F(ReplicaStoreTest, removes_also_what_is_open_and_what_is_gone) {
  ASSERT_TRUE(begin({5}, "hello")->close());
  auto reader = *store->open_replica({5});
  EXPECT_TRUE(store->remove({5}));
  EXPECT_TRUE(store->remove({5}));
  char text[5];
  EXPECT_EQ(::pread(reader->fd(), text, 5, 0), 5);  // whoever reads goes on
  EXPECT_EQ(store->open_replica({5}).error().code, Errc::not_found);
}

TEST_F(ReplicaStoreTest, visits_every_replica_and_nothing_else) {
  std::set<FileId> all = {{1}, {4095}, {4096}, {1 << 24}, {0x123456789a}};
  for (FileId file : all) ASSERT_TRUE(begin(file, "x")->close());
  auto unfinished = begin({77}, "x");
  EXPECT_EQ(stored(), all);
  EXPECT_EQ(
      store->visit([](std::span<const FileId>) { return fail(Errc::cancelled); }).error().code,
      Errc::cancelled);
}

}  // namespace
}  // namespace sluice::pool
