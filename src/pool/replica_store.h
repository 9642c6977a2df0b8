// SPDX-License-Identifier: Apache-2.0
// The bytes of a pool: one file per replica, named by its id in the catalogue, in folders of at most 4096 names. Uploads
// have no name until they are complete, so that whatever has a name is whole. Thread-safe; every call blocks as long as the
// file system does.
#pragma once

#include "catalogue/types.h"
#include "disk/file_tree.h"
#include "disk/open_file.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::pool {

using catalogue::FileId;

// "/000000/001/0000000000001a2b"
std::string replica_path(FileId file);

class ReplicaStore {
 public:
  // Attribute of every replica with what the catalogue knows of it, so that a pool can tell its files without one.
  static constexpr const char* attribute = "user.sluice.replica";

  // `config.export_directory` is the pool's directory.
  static Result<std::unique_ptr<ReplicaStore>> open(disk::DiskConfig config);

  // Errc::not_found when it is not here.
  Result<std::shared_ptr<disk::OpenFile>> open_replica(FileId file);
  // Errors: exists (it is here already), locked (somebody writes it), no_space for the announced size. `mode` has
  // the permission bits that clients see in a stat of an open file; `description` becomes the attribute.
  Result<std::shared_ptr<disk::OpenFile>> begin(FileId file, std::uint64_t size, std::uint32_t mode,
                                                std::string_view description);
  // What is not there is removed already.
  Status remove(FileId file);

  // Errc::not_found when it is not here.
  Result<std::uint64_t> size_of(FileId file) const;
  Result<disk::FileStat> stat(FileId file) const;

  // All replicas, a folder at a time in no order; stops at the first error of `visit`.
  Status visit(const std::function<Status(std::span<const FileId>)>& visit) const;

  Result<disk::Space> space() const;
  disk::FileTree& tree() const { return *tree_; }

 private:
  explicit ReplicaStore(std::shared_ptr<disk::FileTree> tree) : tree_(std::move(tree)) {}

  std::shared_ptr<disk::FileTree> tree_;
};

}  // namespace sluice::pool
