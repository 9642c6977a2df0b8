// SPDX-License-Identifier: Apache-2.0
#include "base/account_names.h"

#include "base/fd.h"

#include <grp.h>
#include <pwd.h>

#include <cstdio>

namespace sluice {

AccountNames::AccountNames() {
  if (Owned<FILE, &std::fclose> file(std::fopen("/etc/passwd", "re")); file) {
    // The first entry of a number wins, as in every lookup.
    while (const struct passwd* entry = ::fgetpwent(file.get()))
      users_.emplace(entry->pw_uid, entry->pw_name);
  }
  if (Owned<FILE, &std::fclose> file(std::fopen("/etc/group", "re")); file) {
    while (const struct group* entry = ::fgetgrent(file.get()))
      groups_.emplace(entry->gr_gid, entry->gr_name);
  }
}

}  // namespace sluice
