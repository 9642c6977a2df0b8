// SPDX-License-Identifier: Apache-2.0
#include "app/user.h"

#include "base/log.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace sluice::app {
namespace {

const Logger log("app");

}  // namespace

Status become(const std::string& user) {
  if (user.empty()) {
    if (::geteuid() == 0) {
      log.warn("server.is_root", {{"remedy", "name the user to become with --user or serve.user"}});
    }
    return {};
  }
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return fail(Errc::usage, "there is no user " + user + " on this machine");
  if (entry.pw_uid == ::geteuid()) return {};
  if (::geteuid() != 0) return fail(Errc::usage, "only root can become " + user);
  if (::initgroups(entry.pw_name, entry.pw_gid) != 0 || ::setgid(entry.pw_gid) != 0 ||
      ::setuid(entry.pw_uid) != 0) {
    return fail_errno(errno, "become " + user);
  }
  return {};
}

}  // namespace sluice::app
