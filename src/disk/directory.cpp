// SPDX-License-Identifier: Apache-2.0
#include "disk/directory.h"

#include "disk/beneath.h"
#include "disk/checksums.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sluice::disk {
namespace {

// About 1000 to 2000 entries per system call; more makes it no faster.
constexpr std::size_t buffer_size = 64 << 10;

bool is_hidden(std::string_view name) {
  if (name == "." || name == ".." || is_reserved(name)) return true;
  return std::ranges::any_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

DirectoryReader::DirectoryReader(const FileTree& tree, LogicalPath path, Fd directory)
    : tree_(&tree),
      path_(std::move(path)),
      directory_(std::move(directory)),
      buffer_(std::make_unique_for_overwrite<std::byte[]>(buffer_size)) {}

Result<DirectoryReader> DirectoryReader::open(const FileTree& tree, const LogicalPath& path) {
  SLUICE_TRY(Fd directory,
             open_beneath(tree.root(), path.c_str(), O_RDONLY | O_DIRECTORY, 0, path.text()));
  return DirectoryReader(tree, path, std::move(directory));
}

Result<std::vector<std::string_view>> DirectoryReader::next_page() {
  std::vector<std::string_view> names;
  // A page may hold nothing but hidden entries: only the kernel's 0 is the end.
  while (names.empty()) {
    long size = ::syscall(SYS_getdents64, directory_.get(), buffer_.get(), buffer_size);
    if (size < 0) return fail_errno(errno, path_.text());
    if (size == 0) break;
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer_.get() + at);
      at += entry->d_reclen;
      std::string_view name(entry->d_name);
      if (!is_hidden(name)) names.push_back(name);
    }
  }
  return names;
}

Result<FileStat> DirectoryReader::stat(std::string_view name) const {
  std::string entry(name);
  SLUICE_TRY(FileStat found, stat_at(directory_.get(), entry.c_str(), entry));
  if (!found.is_link()) return found;
  auto target = LogicalPath::parse(path_.text() + "/" + entry);
  if (!target) return found;
  auto followed = tree_->stat(*target);
  return followed ? *followed : found;
}

std::optional<std::string> DirectoryReader::checksum(std::string_view name, const FileStat& stat,
                                                     std::string_view type) const {
  if (!stat.is_file()) return std::nullopt;
  return stored_checksum(directory_.get(), std::string(name).c_str(), stat, type);
}

}  // namespace sluice::disk
