// SPDX-License-Identifier: Apache-2.0
#include "auth/mapping/accounts.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>

namespace sluice::auth {
namespace {

constexpr std::size_t max_entry = 1U << 20;  // bytes; a group may have many members
constexpr int max_groups = 65'536;

// Calls getpwnam_r or getgrnam_r with more and more room.
template <class Entry, class Call>
Result<std::optional<Entry>> entry_of(const std::string& name, std::vector<char>& room, Call call) {
  // A name from a token may have anything in it; what stands behind a NUL would not be looked at.
  if (name.empty() || name.find('\0') != std::string::npos) return std::optional<Entry>();
  for (room.resize(4096);; room.resize(2 * room.size())) {
    Entry entry{};
    Entry* found = nullptr;
    const int error = call(name.c_str(), &entry, room.data(), room.size(), &found);
    if (error == ERANGE && room.size() < max_entry) continue;
    // Name services disagree on how to say that there is no such entry.
    if (error == ENOENT || error == ESRCH) return std::optional<Entry>();
    if (error != 0) return fail_errno(error, fmt::format("account {}", name));
    return found != nullptr ? std::optional(entry) : std::nullopt;
  }
}

std::vector<std::int64_t> groups_of(const std::string& name, gid_t own) {
  std::vector<gid_t> list(64);
  int count = static_cast<int>(list.size());
  while (::getgrouplist(name.c_str(), own, list.data(), &count) < 0 && count <= max_groups) {
    list.resize(std::max(static_cast<std::size_t>(count), 2 * list.size()));
    count = static_cast<int>(list.size());
  }
  std::vector<std::int64_t> out{own};
  for (int i = 0; i < std::min(count, static_cast<int>(list.size())); ++i)
    if (list[static_cast<std::size_t>(i)] != own) out.push_back(list[static_cast<std::size_t>(i)]);
  return out;
}

}  // namespace

Result<std::optional<Account>> system_account(const std::string& name) {
  std::vector<char> room;
  SLUICE_TRY(const auto entry, entry_of<struct passwd>(name, room, &::getpwnam_r));
  if (!entry) return std::optional<Account>();
  return std::optional<Account>({entry->pw_uid, groups_of(name, entry->pw_gid)});
}

Result<std::optional<std::int64_t>> system_group(const std::string& name) {
  std::vector<char> room;
  SLUICE_TRY(const auto entry, entry_of<struct group>(name, room, &::getgrnam_r));
  if (!entry) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(entry->gr_gid);
}

}  // namespace sluice::auth
