// SPDX-License-Identifier: Apache-2.0
#include "disk/journal.h"

#include "base/bytes.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>

namespace sluice::disk {
namespace {

// Takes the lock, and makes sure that nobody removed the note before we had it.
bool lock_note(int fd) {
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return false;
  struct stat stat{};
  return ::fstat(fd, &stat) == 0 && stat.st_nlink > 0;
}

}  // namespace

void Journal::Note::remove() {
  if (!file_) return;
  // A note that cannot be removed is read again at the next start and then finds nothing to do.
  ::unlinkat(directory_.get(), name_.c_str(), 0);
  Fd closed = std::move(file_);
}

Result<Journal::Note> Journal::add(std::string_view kind) const {
  SLUICE_TRY(Fd directory, open_directory(true));
  constexpr int max_attempts = 8;
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    std::string name = fmt::format("{}.{}", kind, random_name());
    Fd file(::openat(directory.get(), name.c_str(),
                     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file && errno != EEXIST) return fail_errno(errno, directory_name);
    if (file && lock_note(file.get()))
      return Note(std::move(directory), std::move(name), std::move(file));
  }
  return fail(Errc::file_system, "notes cannot be locked (flock) in .sluice.state");
}

Result<std::vector<Journal::Note>> Journal::orphans() const {
  std::vector<Note> notes;
  auto directory = open_directory(false);
  if (!directory && directory.error().code == Errc::not_found) return notes;
  if (!directory) return tl::unexpected<Error>(std::move(directory).error());
  Fd scanned(::openat(directory->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Owned<DIR, &::closedir> stream(::fdopendir(scanned.get()));
  if (!stream) return fail_errno(errno, directory_name);
  scanned.release();
  while (dirent* entry = ::readdir(stream.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    Fd file(::openat(directory->get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file || !lock_note(file.get())) continue;  // its owner lives
    Fd again(::fcntl(directory->get(), F_DUPFD_CLOEXEC, 0));
    if (!again) return fail_errno(errno, directory_name);
    notes.emplace_back(std::move(again), std::move(name), std::move(file));
  }
  return notes;
}

Result<Fd> Journal::open_directory(bool make) const {
  if (make && ::mkdirat(root_, directory_name, 0700) != 0 && errno != EEXIST) {
    return fail_errno(errno, directory_name);
  }
  Fd directory(::openat(root_, directory_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return fail_errno(errno, directory_name);
  return directory;
}

std::string random_name() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) {
    throw std::runtime_error("the kernel gives no random numbers");
  }
  return fmt::format("{:016x}", number);
}

Status write_all(int fd, std::string_view data, std::int64_t offset, std::string_view object) {
  while (!data.empty()) {
    ssize_t n = ::pwrite(fd, data.data(), data.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, object);
    data.remove_prefix(static_cast<std::size_t>(n));
    offset += n;
  }
  return {};
}

Result<std::size_t> read_full(int fd, void* buffer, std::size_t size, std::uint64_t offset,
                              std::string_view object) {
  std::size_t done = 0;
  while (done < size) {
    ssize_t n = ::pread(fd, static_cast<char*>(buffer) + done, size - done,
                        static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, object);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace sluice::disk
