// SPDX-License-Identifier: Apache-2.0
#include "base/line_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sluice {
namespace {

// Whether a file ends in the middle of a line, as after a full disk.
bool ends_torn(int fd) {
  struct stat stat{};
  char last = '\n';
  if (::fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) || stat.st_size == 0) return false;
  return ::pread(fd, &last, 1, stat.st_size - 1) == 1 && last != '\n';
}

iovec piece_of(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

Result<LineFile> LineFile::open(std::string name) {
  LineFile file(std::move(name));
  SLUICE_CHECK(file.reopen());
  return file;
}

Result<std::size_t> LineFile::append(std::string_view lines) {
  const std::size_t mend = is_torn_ ? 1 : 0;
  std::array<iovec, 2> pieces = {piece_of(std::string_view("\n").substr(0, mend)), piece_of(lines)};
  ssize_t n = 0;
  do {
    n = ::writev(fd_.get(), pieces.data(), static_cast<int>(pieces.size()));
  } while (n < 0 && errno == EINTR);
  if (n < 0) return fail_errno(errno, name_);
  auto size = static_cast<std::size_t>(n);
  if (size < mend) return std::size_t{0};
  size -= mend;
  is_torn_ = size > 0 && lines[size - 1] != '\n';
  return size;
}

Status LineFile::reopen() {
  // Read access is for ends_torn() alone.
  Fd fd(::open(name_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640));
  if (!fd) return fail_errno(errno, name_);
  is_torn_ = ends_torn(fd.get());
  fd_ = std::move(fd);
  return {};
}

}  // namespace sluice
