// SPDX-License-Identifier: Apache-2.0
#include "auth/file_text.h"

#include "base/fd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sluice::auth {
namespace {

std::int64_t nanoseconds(const struct timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

tl::unexpected<Error> too_long(const std::string& path, std::size_t limit) {
  return fail(Errc::too_long, fmt::format("{} is larger than {} bytes", path, limit));
}

}  // namespace

FileStamp FileStamp::of(const struct stat& state) {
  return {state.st_dev,
          state.st_ino,
          state.st_size,
          nanoseconds(state.st_mtim),
          nanoseconds(state.st_ctim),
          state.st_mode,
          state.st_uid};
}

FileStamp FileStamp::of(const std::string& path) {
  struct stat state{};
  return ::stat(path.c_str(), &state) == 0 ? of(state) : FileStamp{};
}

Result<FileText> read_file(const std::string& path, std::size_t limit) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return fail_errno(errno, path);
  struct stat state{};
  if (::fstat(file.get(), &state) != 0) return fail_errno(errno, path);
  if (!S_ISREG(state.st_mode)) return fail(Errc::not_file, path);
  if (std::cmp_greater(state.st_size, limit)) return too_long(path, limit);
  FileText out{{}, FileStamp::of(state)};
  constexpr std::size_t piece = 64 * 1024;
  for (;;) {
    const std::size_t have = out.text.size();
    out.text.resize(have + piece);
    const ssize_t n = ::read(file.get(), out.text.data() + have, piece);
    if (n < 0 && errno != EINTR) return fail_errno(errno, path);
    out.text.resize(have + static_cast<std::size_t>(n < 0 ? 0 : n));
    if (n == 0) return out;
    if (out.text.size() > limit) return too_long(path, limit);
  }
}

}  // namespace sluice::auth
