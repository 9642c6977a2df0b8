// SPDX-License-Identifier: Apache-2.0
// A directory of its own for each test, removed afterwards, with an exported tree in it and a secret
// beside it that no client may reach.
#pragma once

#include "disk/file_tree.h"
#include "disk/open_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace sluice::disk {

namespace fs = std::filesystem;

class Scratch {
 public:
  explicit Scratch(fs::path base = fs::temp_directory_path()) {
    std::string name = (base / "sluice-pool-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    base_ = name;
    fs::create_directory(root());
    fs::create_directory(outside());
    write(outside() / "secret", "secret");
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(base_, ignored);
  }

  fs::path root() const { return base_ / "export"; }
  fs::path outside() const { return base_ / "outside"; }
  fs::path operator/(std::string_view name) const { return root() / name; }

  static void write(const fs::path& file, std::string_view content) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
  }
  static std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  DiskConfig config() const {
    DiskConfig config;
    config.export_directory = root().string();
    return config;
  }
  std::shared_ptr<FileTree> tree() const { return tree(config()); }
  static std::shared_ptr<FileTree> tree(const DiskConfig& config) {
    auto opened = FileTree::open(config);
    if (!opened) throw std::runtime_error(opened.error().message());
    return *opened;
  }

 private:
  fs::path base_;
};

inline LogicalPath path(std::string_view text) {
  auto parsed = LogicalPath::parse(text);
  if (!parsed) throw std::runtime_error(parsed.error().message());
  return *parsed;
}

// For steps that a test does not look at.
inline void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message());
}

// The code of a failed result; what succeeded is reported as Errc::usage, which nothing here gives.
template <class T>
Errc code_of(const Result<T>& result) {
  return result ? Errc::usage : result.error().code;
}

inline OpenMode mode_for(OpenMode::Create create, bool on_success = false) {
  OpenMode mode;
  mode.access = OpenMode::Access::read_write;
  mode.create = create;
  mode.on_success = on_success;
  return mode;
}

// Writes and tells the file, as the handlers do.
inline void put(OpenFile& file, std::uint64_t offset, std::string_view content) {
  ASSERT_TRUE(write_all(file.fd(), content, static_cast<std::int64_t>(offset), file.path()));
  file.wrote(offset, as_bytes(content));
}

}  // namespace sluice::disk
