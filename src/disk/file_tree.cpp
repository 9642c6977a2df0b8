// SPDX-License-Identifier: Apache-2.0
// Opening a tree, finding parents, stat. Changes of the tree are in tree_changes.cpp.
#include "disk/file_tree.h"

#include "disk/beneath.h"
#include "disk/recovery.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

namespace sluice::disk {
namespace {

std::atomic<std::uint64_t> next_tree_id{1};

// Parents that this thread looked up in the current tick of the kernel's coarse clock. Looking a
// parent up again costs two more system calls per request (README.md has the figures); within one
// tick an answer from here cannot be told from one that was computed a moment earlier. Our own mv
// and rmdir end it at once (generation).
struct CachedParent {
  std::uint64_t tree = 0;
  std::uint64_t generation = 0;
  std::int64_t tick = 0;
  std::string path;
  Fd directory;
};

struct ParentCache {
  std::array<CachedParent, 8> entries;
  std::size_t next_victim = 0;
};

thread_local ParentCache parent_cache;

std::int64_t coarse_tick() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

std::vector<gid_t> own_groups() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  groups.resize(static_cast<std::size_t>(
      std::max(::getgroups(static_cast<int>(groups.size()), groups.data()), 0)));
  groups.push_back(::getegid());
  return groups;
}

Status check_kernel(int root) {
  auto probe = open_beneath(root, ".", O_PATH | O_DIRECTORY, 0, "exported directory");
  if (!probe) {
    return fail(Errc::unsupported,
                "the kernel has no openat2 (Linux 5.6 or newer, and a container that lets it "
                "through): without it "
                "clients could leave the exported directory: " +
                    probe.error().detail);
  }
  if (::access(path_of_descriptor(root).c_str(), F_OK) != 0) {
    return fail(Errc::unsupported, "/proc is not mounted, extended attributes and uploads need it");
  }
  return {};
}

}  // namespace

FileTree::FileTree(DiskConfig config, Fd root, Volume volume)
    : config_(std::move(config)),
      root_(std::move(root)),
      volume_(volume),
      id_(next_tree_id.fetch_add(1, std::memory_order_relaxed)),
      user_(::geteuid()),
      groups_(own_groups()),
      journal_(root_.get()) {}

FileTree::~FileTree() = default;

Result<std::shared_ptr<FileTree>> FileTree::open(DiskConfig config) {
  if (config.export_directory.empty()) return fail(Errc::usage, "no directory to export");
  Fd root(::open(config.export_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return fail_errno(errno, config.export_directory);
  SLUICE_CHECK(check_kernel(root.get()));
  SLUICE_TRY(Volume volume, volume_of(root.get()));
  std::shared_ptr<FileTree> tree(new FileTree(std::move(config), std::move(root), volume));
  if (!tree->is_read_only()) SLUICE_CHECK(recover(*tree));
  return tree;
}

Result<FileStat> FileTree::stat(const LogicalPath& path) const {
  if (path.is_root()) return stat_fd(root_.get(), "/");
  auto parent = cached_parent(path);
  if (!parent) return tl::unexpected<Error>(std::move(parent).error());
  auto found = stat_at(*parent, path.name(), {});
  if (found && !found->is_link()) return found;
  if (!found) return fail(found.error().code, path.text() + ": " + found.error().detail);
  SLUICE_TRY(Fd target, open_path(path, 0));
  return stat_fd(target.get(), path.relative());
}

Result<Space> FileTree::space(const LogicalPath& path) const {
  SLUICE_TRY(Fd target, open_path(path, 0));
  return space_of(target.get(), path.relative());
}

bool FileTree::may(const FileStat& stat, mode_t owner_bit) const {
  if (user_ == 0) return true;
  if (stat.owner == user_) return (stat.mode & owner_bit) != 0;
  if (std::ranges::find(groups_, stat.group) != groups_.end())
    return (stat.mode & (owner_bit >> 3)) != 0;
  return (stat.mode & (owner_bit >> 6)) != 0;
}

bool FileTree::may_read(const FileStat& stat) const { return may(stat, S_IRUSR); }

bool FileTree::may_write(const FileStat& stat) const {
  return !is_read_only() && may(stat, S_IWUSR);
}

// Root too may execute only what somebody may execute.
bool FileTree::may_execute(const FileStat& stat) const {
  return (stat.mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0 && may(stat, S_IXUSR);
}

std::string FileTree::user_name(uid_t user) const { return accounts_.user(user); }

std::string FileTree::group_name(gid_t group) const { return accounts_.group(group); }

Result<Fd> FileTree::open_path(const LogicalPath& path, int flags) const {
  return open_beneath(root_.get(), path.c_str(), O_PATH | flags, 0, path.text());
}

Result<Fd> FileTree::open_parent(const LogicalPath& path, bool make) const {
  if (path.is_root())
    return fail(Errc::not_authorized, "not possible with the root of the exported directory");
  std::string parent(path.parent());
  auto opened = open_beneath(root_.get(), parent.empty() ? "." : parent.c_str(),
                             O_PATH | O_DIRECTORY, 0, path.text());
  if (opened || !make || opened.error().code != Errc::not_found) return opened;
  return make_directories(parent, 0777);
}

Result<int> FileTree::cached_parent(const LogicalPath& path) const {
  std::string_view parent = path.parent();
  if (parent.empty()) return root_.get();
  std::int64_t tick = coarse_tick();
  std::uint64_t generation = generation_.load(std::memory_order_acquire);
  CachedParent* slot = nullptr;
  for (CachedParent& entry : parent_cache.entries) {
    if (entry.tree != id_ || entry.path != parent) continue;
    if (entry.tick == tick && entry.generation == generation) return entry.directory.get();
    slot = &entry;  // the right path, but too old: take its place
    break;
  }
  if (slot == nullptr) {
    slot = &parent_cache.entries[parent_cache.next_victim];
    parent_cache.next_victim = (parent_cache.next_victim + 1) % parent_cache.entries.size();
  }
  std::string name(parent);
  SLUICE_TRY(Fd directory,
             open_beneath(root_.get(), name.c_str(), O_PATH | O_DIRECTORY, 0, path.text()));
  *slot = {id_, generation, tick, std::move(name), std::move(directory)};
  return slot->directory.get();
}

Status FileTree::check_writable() const {
  if (config_.read_only) return fail(Errc::read_only, "this server only reads");
  return {};
}

}  // namespace sluice::disk
