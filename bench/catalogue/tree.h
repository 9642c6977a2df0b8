// SPDX-License-Identifier: Apache-2.0
// A catalogue with a given number of files, /vo/data/dN/fN, of which at most a thousand share a directory.
#pragma once

#include "catalogue/api.h"

#include <filesystem>
#include <memory>
#include <string>

namespace sluice::bench {

struct Tree {
  std::string url;
  std::size_t files = 0;
  std::size_t directories = 0;
  std::unique_ptr<catalogue::Catalogue> catalogue;
  catalogue::PoolId pool;

  std::string path(std::size_t file) const {
    return "/vo/data/d" + std::to_string(file % directories) + "/f" + std::to_string(file);
  }
};

// A PostgreSQL of its own, with durable commits, or a file in `folder`. Throws when something is missing.
Tree make_tree(catalogue::sql::Engine engine, const std::filesystem::path& folder,
               std::size_t files, std::uint32_t connections);

}  // namespace sluice::bench
