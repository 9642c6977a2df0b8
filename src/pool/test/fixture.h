// SPDX-License-Identifier: Apache-2.0
// A pool with its catalogue and its disk, without a network.
#pragma once

#include "pool/pool_service.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace sluice::pool {

class PoolTest : public testing::Test {
 protected:
  PoolTest() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-pool-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder = name;
    std::filesystem::create_directory(folder + "/disk");
    catalogue::CatalogueConfig config;
    config.url = "sqlite:" + folder + "/catalogue.db";
    all = std::move(*catalogue::Catalogue::open(config));
    disk::DiskConfig disk;
    disk.export_directory = folder + "/disk";
    disk.keep_partial = false;
    store = std::move(*ReplicaStore::open(disk));
    movers = std::make_shared<Movers>(MoverConfig{}, metrics);
    billing = std::move(*Billing::open("", "p1", metrics));
    id = all->pools().enter("p1", {"root://p1"}, {})->id;
    service = std::make_unique<PoolService>(
        xroot::server::ServerConfig{},
        PoolParts{all.get(), &keys, store.get(), movers.get(), billing.get(), id}, metrics,
        blocking);
  }
  ~PoolTest() override {
    service.reset();
    std::filesystem::remove_all(folder);
  }

  FileId begin_upload() {
    catalogue::NewUpload upload;
    upload.pool = id;
    return all->uploads()
        .begin(catalogue::root_directory, "f" + std::to_string(++files), upload)
        ->id;
  }
  // On the disk, whole and under its name.
  void put(FileId file, std::string_view bytes) {
    auto upload = store->begin(file, 0, 0644, "1 maria /f");
    if (!upload) throw std::runtime_error(upload.error().message());
    if (::pwrite((*upload)->fd(), bytes.data(), bytes.size(), 0) !=
        static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("pwrite");
    if (Status closed = (*upload)->close(); !closed)
      throw std::runtime_error(closed.error().message());
  }
  // A file as clients see it, with one replica here.
  FileId file(std::string_view bytes, const catalogue::Checksums& checksums = {}) {
    FileId made = begin_upload();
    put(made, bytes);
    if (!all->uploads().commit(made, {id, bytes.size(), checksums}))
      throw std::runtime_error("commit");
    return made;
  }
  void harm(FileId file, std::string_view bytes) {
    std::ofstream(folder + "/disk" + replica_path(file), std::ios::binary) << bytes;
  }
  catalogue::ReplicaState state(FileId file) { return all->replicas().of_file(file)->at(0).state; }
  catalogue::Checksums checksums(FileId file) { return all->names().stat(file)->checksums; }

  std::string folder;
  Metrics metrics;
  BlockingPool blocking{2, 100};
  capability::KeyRing keys;
  std::unique_ptr<catalogue::Catalogue> all;
  std::unique_ptr<ReplicaStore> store;
  std::shared_ptr<Movers> movers;
  std::unique_ptr<Billing> billing;
  catalogue::PoolId id;
  std::unique_ptr<PoolService> service;
  int files = 0;
};

}  // namespace sluice::pool
