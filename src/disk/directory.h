// SPDX-License-Identifier: Apache-2.0
// Listing a directory page by page: memory is bounded whatever the number of entries. "." and "..",
// reserved names and names that no request could carry (control bytes) are left out. Blocks;
// belongs to one thread at a time.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "disk/file_tree.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::disk {

class DirectoryReader {
 public:
  static Result<DirectoryReader> open(const FileTree& tree, const LogicalPath& path);

  // The next entries, as many as one read of 64 KiB gives; empty at the end. Views are valid until
  // the next call.
  Result<std::vector<std::string_view>> next_page();

  // Of an entry; links are followed within the tree, what they cannot reach is described as the
  // link itself.
  Result<FileStat> stat(std::string_view name) const;

  // The checksum that is stored with an entry, if there is one and it is true.
  std::optional<std::string> checksum(std::string_view name, const FileStat& stat,
                                      std::string_view type) const;

  const LogicalPath& path() const { return path_; }

 private:
  DirectoryReader(const FileTree& tree, LogicalPath path, Fd directory);

  const FileTree* tree_;
  LogicalPath path_;
  Fd directory_;
  std::unique_ptr<std::byte[]> buffer_;
};

}  // namespace sluice::disk
