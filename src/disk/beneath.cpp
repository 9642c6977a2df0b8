// SPDX-License-Identifier: Apache-2.0
#include "disk/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::disk {

Result<Fd> open_beneath(int root, const char* path, int flags, mode_t mode,
                        std::string_view object) {
  struct open_how how{};
  how.flags =
      static_cast<std::uint64_t>(flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NOCTTY));
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: something was renamed while a ".." of a link was being resolved. The kernel asks us to
  // repeat; an attacker who renames all the time must not keep us here for ever.
  constexpr int max_attempts = 64;
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    long fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0) return Fd(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR) return open_failure(errno, object);
  }
  return fail(Errc::conflict, std::string(object) + ": directories above it keep changing");
}

tl::unexpected<Error> open_failure(int number, std::string_view object) {
  if (number == ENXIO || number == ENODEV) return fail(Errc::not_file, std::string(object));
  return fail_errno(number, object);
}

int open_entry(int directory, const char* name, int flags, mode_t mode) {
  return ::openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode);
}

Fd reopen_for_reading(int fd) {
  return Fd(::open(path_of_descriptor(fd).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

std::string path_of_descriptor(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

}  // namespace sluice::disk
