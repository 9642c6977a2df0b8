// SPDX-License-Identifier: Apache-2.0
// The only way from a name to a descriptor: the kernel resolves the path below a directory and
// refuses, race or not, whatever would leave it: "..", absolute links, links upwards, magic links
// of /proc.
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <sys/types.h>

#include <string>
#include <string_view>

namespace sluice::disk {

// openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS). `flags` are those of open(2); O_CLOEXEC and
// O_NOCTTY are added. A path that leaves `root` is Errc::not_authorized. `object` is what errors
// call the file.
Result<Fd> open_beneath(int root, const char* path, int flags, mode_t mode,
                        std::string_view object);

// The same for `name` in a directory that was opened by open_beneath(); a symbolic link is ELOOP in
// errno, not followed. Returns -1 and errno, for callers who tell errors apart.
int open_entry(int directory, const char* name, int flags, mode_t mode = 0);

// The error of a failed open: sockets, FIFOs without a reader and dead devices are Errc::not_file.
tl::unexpected<Error> open_failure(int number, std::string_view object);

// The file of an O_PATH descriptor, opened for reading; empty where that is not allowed.
Fd reopen_for_reading(int fd);

// A path that leads to the very file of `fd` even where fd was opened with O_PATH.
std::string path_of_descriptor(int fd);

}  // namespace sluice::disk
