// SPDX-License-Identifier: Apache-2.0
#include "pool/replica_store.h"

#include "disk/directory.h"

#include <fmt/format.h>
#include <sys/xattr.h>

#include <cerrno>
#include <charconv>

namespace sluice::pool {
namespace {

constexpr unsigned folder_bits = 12;
constexpr std::int64_t folder_mask = (1 << folder_bits) - 1;
constexpr std::size_t id_digits = 16;

Result<disk::LogicalPath> place_of(FileId file) {
  return disk::LogicalPath::parse(replica_path(file));
}

std::optional<FileId> id_of(std::string_view name) {
  FileId id;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id.number, 16);
  bool whole = error == std::errc() && end == name.data() + name.size() && name.size() == id_digits;
  return whole ? std::optional(id) : std::nullopt;
}

// Calls `each(name)` for what is in a directory.
Status walk(const disk::FileTree& tree, const std::string& path,
            const std::function<Status(std::vector<std::string_view>)>& each) {
  SLUICE_TRY(auto parsed, disk::LogicalPath::parse(path));
  auto opened = disk::DirectoryReader::open(tree, parsed);
  // Not ours: a stray file, the lost+found of a file system.
  if (!opened && !parsed.is_root()) return {};
  SLUICE_TRY(auto reader, std::move(opened));
  for (;;) {
    SLUICE_TRY(auto names, reader.next_page());
    if (names.empty()) return {};
    SLUICE_CHECK(each(std::move(names)));
  }
}

Status visit_folder(const disk::FileTree& tree, const std::string& path,
                    const std::function<Status(std::span<const FileId>)>& visit) {
  return walk(tree, path, [&](std::vector<std::string_view> names) -> Status {
    std::vector<FileId> ids;
    for (std::string_view name : names)
      if (auto id = id_of(name)) ids.push_back(*id);
    return visit(ids);
  });
}

}  // namespace

std::string replica_path(FileId file) {
  return fmt::format("/{:06x}/{:03x}/{:016x}", file.number >> (2 * folder_bits),
                     (file.number >> folder_bits) & folder_mask, file.number);
}

Result<std::unique_ptr<ReplicaStore>> ReplicaStore::open(disk::DiskConfig config) {
  SLUICE_TRY(auto tree, disk::FileTree::open(std::move(config)));
  return std::unique_ptr<ReplicaStore>(new ReplicaStore(std::move(tree)));
}

Result<std::shared_ptr<disk::OpenFile>> ReplicaStore::open_replica(FileId file) {
  SLUICE_TRY(auto place, place_of(file));
  return tree_->open_file(place, {});
}

Result<std::shared_ptr<disk::OpenFile>> ReplicaStore::begin(FileId file, std::uint64_t size,
                                                            std::uint32_t permissions,
                                                            std::string_view description) {
  SLUICE_TRY(auto place, place_of(file));
  disk::OpenMode mode;
  mode.access = disk::OpenMode::Access::read_write;
  mode.create = disk::OpenMode::Create::always;
  mode.mode = permissions;
  mode.on_success = true;
  mode.expected_size = size;
  SLUICE_TRY(auto upload, tree_->open_file(place, mode));
  // A file system without attributes keeps replicas all the same; only a rebuild without the catalogue needs them.
  if (::fsetxattr(upload->fd(), attribute, description.data(), description.size(), 0) != 0 &&
      errno != ENOTSUP) {
    return fail_errno(errno, place.text());
  }
  return upload;
}

Status ReplicaStore::remove(FileId file) {
  SLUICE_TRY(auto place, place_of(file));
  Status removed = tree_->remove_file(place);
  if (!removed && removed.error().code == Errc::not_found) return {};
  return removed;
}

Result<std::uint64_t> ReplicaStore::size_of(FileId file) const {
  SLUICE_TRY(disk::FileStat now, stat(file));
  return now.size;
}

Result<disk::FileStat> ReplicaStore::stat(FileId file) const {
  SLUICE_TRY(auto place, place_of(file));
  return tree_->stat(place);
}

Status ReplicaStore::visit(const std::function<Status(std::span<const FileId>)>& visit) const {
  return walk(*tree_, "/", [&](std::vector<std::string_view> tops) -> Status {
    for (std::string_view top : std::vector<std::string>(tops.begin(), tops.end())) {
      std::string above = fmt::format("/{}", top);
      SLUICE_CHECK(walk(*tree_, above, [&](std::vector<std::string_view> folders) -> Status {
        for (std::string_view folder : folders)
          SLUICE_CHECK(visit_folder(*tree_, fmt::format("{}/{}", above, folder), visit));
        return {};
      }));
    }
    return {};
  });
}

Result<disk::Space> ReplicaStore::space() const {
  SLUICE_TRY(auto root, disk::LogicalPath::parse("/"));
  return tree_->space(root);
}

}  // namespace sluice::pool
