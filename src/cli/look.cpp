// SPDX-License-Identifier: Apache-2.0
#include "cli/look.h"

#include "base/fd.h"
#include "cli/glob.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

namespace sluice::cli {
namespace {

using xroot::client::DirectoryEntry;
using xroot::client::FileInfo;

FileInfo info_of(const struct stat& st) {
  FileInfo info;
  info.id = st.st_ino;
  info.size = static_cast<std::uint64_t>(st.st_size);
  info.mtime = st.st_mtime;
  info.ctime = st.st_ctime;
  info.atime = st.st_atime;
  info.mode = st.st_mode & 07777U;
  info.is_directory = S_ISDIR(st.st_mode);
  info.is_other = !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode);
  return info;
}

Result<FileInfo> look_at_disk(const std::string& path) {
  struct stat st{};
  if (::stat(path.c_str(), &st) != 0) return fail_errno(errno, path);
  return info_of(st);
}

// Kinds of entries: a link counts as what it leads to, except a link to a directory, which would
// make loops.
FileInfo look_at_entry(const std::string& path) {
  struct stat st{};
  struct stat target{};
  FileInfo info;
  if (::lstat(path.c_str(), &st) != 0) {
    info.is_other = true;
    return info;
  }
  info = info_of(st);
  if (S_ISLNK(st.st_mode) && ::stat(path.c_str(), &target) == 0 && S_ISREG(target.st_mode)) {
    info = info_of(target);
  }
  return info;
}

Result<std::vector<DirectoryEntry>> list_disk(const std::string& path, bool with_info) {
  Owned<DIR, &::closedir> directory(::opendir(path.empty() ? "." : path.c_str()));
  if (!directory) return fail_errno(errno, path);
  std::vector<DirectoryEntry> entries;
  while (const dirent* item = ::readdir(directory.get())) {
    std::string name = item->d_name;
    if (name == "." || name == "..") continue;
    DirectoryEntry& entry = entries.emplace_back();
    if (with_info)
      entry.info = look_at_entry(fmt::format("{}/{}", path.empty() ? "." : path, name));
    entry.name = std::move(name);
  }
  return entries;
}

// A copy would follow such a name to anywhere on our disk.
bool is_hostile(const DirectoryEntry& entry) {
  return entry.name.empty() || entry.name == "." || entry.name == ".." ||
         entry.name.find('/') != std::string::npos || entry.name.find('\0') != std::string::npos;
}

Place with_path(Place place, std::string path) {
  place.path = std::move(path);
  return place;
}

Place below(const Place& directory, std::string_view name) {
  return directory.path.empty() ? with_path(directory, std::string(name)) : directory.child(name);
}

// The places in `directory` that the component names; none where it cannot be listed.
Task<std::vector<Place>> expand_component(Remote remote, Place directory, std::string component,
                                          bool is_last) {
  std::vector<Place> found;
  if (!has_glob(component)) {
    Place place = below(directory, component);
    if (auto info = co_await look(remote, place)) found.push_back(place);
    co_return found;
  }
  SLUICE_CO_TRY(auto entries, co_await list(remote, directory, !is_last));
  for (const DirectoryEntry& entry : entries) {
    bool fits = is_last || (entry.info && entry.info->is_directory);
    if (fits && glob_match(component, entry.name)) found.push_back(below(directory, entry.name));
  }
  co_return found;
}

}  // namespace

Task<FileInfo> look(Remote remote, Place place) {
  if (place.is_remote()) co_return co_await remote.client->stat(place.text());
  co_return co_await offload(*remote.disk, [path = place.path] { return look_at_disk(path); });
}

Task<std::vector<DirectoryEntry>> list(Remote remote, Place place, bool with_info) {
  Result<std::vector<DirectoryEntry>> entries;
  if (place.is_remote()) {
    entries = co_await remote.client->list(place.text(), {.with_info = with_info, .checksum = {}});
  } else {
    entries = co_await offload(
        *remote.disk, [path = place.path, with_info] { return list_disk(path, with_info); });
  }
  if (entries && std::ranges::any_of(*entries, is_hostile)) {
    co_return fail(Errc::protocol, "the server lists a name that leads out of its directory");
  }
  if (entries) std::ranges::sort(*entries, {}, &DirectoryEntry::name);
  co_return entries;
}

Task<std::vector<Place>> expand(Remote remote, Place place) {
  GlobPath pattern = split_glob(place.path);
  if (place.is_stream() || pattern.components.empty()) co_return std::vector<Place>{place};
  if (auto info = co_await look(remote, place)) co_return std::vector<Place>{place};
  std::vector<Place> found = {with_path(place, pattern.base)};
  for (std::size_t i = 0; i < pattern.components.size(); ++i) {
    std::vector<Place> next;
    for (const Place& directory : found) {
      auto matches = co_await expand_component(remote, directory, pattern.components[i],
                                               i + 1 == pattern.components.size());
      // Where the pattern starts, a failure is the user's business; deeper it only means "no match
      // here".
      if (!matches && i == 0) co_return tl::unexpected<Error>(matches.error());
      if (matches) next.insert(next.end(), matches->begin(), matches->end());
    }
    found = std::move(next);
  }
  if (found.empty())
    co_return fail(Errc::not_found, fmt::format("no name matches {}", place.shown()));
  co_return found;
}

Task<std::vector<TreeEntry>> walk(Remote remote, Place place) {
  std::vector<TreeEntry> tree;
  std::vector<std::string> pending = {""};
  while (!pending.empty()) {
    std::string directory = std::move(pending.back());
    pending.pop_back();
    SLUICE_CO_TRY(auto entries, co_await list(remote, place.child(directory), true));
    for (const DirectoryEntry& entry : entries) {
      std::string relative =
          directory.empty() ? entry.name : fmt::format("{}/{}", directory, entry.name);
      FileInfo info = entry.info.value_or(FileInfo{});
      if (info.is_other) continue;  // sockets, devices, dangling links
      tree.push_back({relative, info.is_directory, info.size});
      if (info.is_directory) pending.push_back(relative);
    }
  }
  co_return tree;
}

}  // namespace sluice::cli
