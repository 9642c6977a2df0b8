// SPDX-License-Identifier: Apache-2.0
#include "pool/ownership.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sluice::pool {
namespace {

constexpr const char* mark = "/.sluice.pool";
constexpr mode_t readable = 0644;

}  // namespace

Result<Fd> own_directory(const std::string& directory, const std::string& pool, bool has_replicas) {
  std::string path = directory + mark;
  Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  bool is_new = !file && errno == ENOENT;
  if (is_new && has_replicas) {
    return fail(
        Errc::local,
        fmt::format(
            "{} is not the directory of pool {}, which has files: is its disk mounted, or is the "
            "pool's name in use elsewhere? (pool.directory, pool.name)",
            directory, pool));
  }
  if (is_new) file = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, readable));
  if (!file) return fail_errno(errno, path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Errc::local, directory + " is served by another process (pool.directory)");
  std::array<char, 256> text{};
  ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
  if (size < 0) return fail_errno(errno, path);
  std::string owner(text.data(), static_cast<std::size_t>(size));
  if (owner.empty()) {
    if (::pwrite(file.get(), pool.data(), pool.size(), 0) != static_cast<ssize_t>(pool.size()))
      return fail_errno(errno, path);
  } else if (owner != pool) {
    return fail(Errc::local,
                fmt::format("{} belongs to pool {}, not to {} (pool.name, pool.directory)",
                            directory, owner, pool));
  }
  return file;
}

}  // namespace sluice::pool
