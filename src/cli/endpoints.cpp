// SPDX-License-Identifier: Apache-2.0
#include "cli/endpoints.h"

#include "base/fd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

namespace sluice::cli {
namespace {

using xroot::client::Create;
using xroot::client::File;
using xroot::client::OpenOptions;

// ---- Servers

class RemoteSource final : public Source {
 public:
  RemoteSource(File file, std::uint64_t size, std::uint16_t mode)
      : file_(std::move(file)), size_(size), mode_(mode) {}
  std::optional<std::uint64_t> size() const override { return size_; }
  Task<std::size_t> read(std::uint64_t offset, ByteSpan into) override {
    return file_.read(offset, into);
  }
  Task<void> close() override { return file_.close(); }
  std::uint16_t mode() const override { return mode_; }

 private:
  File file_;
  std::uint64_t size_;
  std::uint16_t mode_;
};

class RemoteSink final : public Sink {
 public:
  explicit RemoteSink(File file) : file_(std::move(file)) {}
  Task<void> write(std::uint64_t offset, ByteView data) override {
    return file_.write(offset, data);
  }
  Task<void> close() override { return file_.close(); }

 private:
  File file_;
};

Task<std::unique_ptr<Source>> open_remote_source(Remote remote, Place place) {
  SLUICE_CO_TRY(File file, co_await remote.client->open(place.text(), {.sequential = true}));
  auto info = file.info();
  if (!info) {
    SLUICE_CO_TRY(info, co_await file.stat());
  }
  auto mode = static_cast<std::uint16_t>(info->mode.value_or(0) & 0777U);
  co_return std::make_unique<RemoteSource>(std::move(file), info->size, mode);
}

Task<std::unique_ptr<Sink>> open_remote_sink(Remote remote, Place place, SinkOptions options) {
  OpenOptions open;
  open.write = true;
  open.create = options.resume  ? Create::never
                : options.force ? Create::overwrite
                                : Create::new_file;
  open.make_path = options.make_path;
  open.posc = options.posc;
  open.mode = options.mode;
  if (options.size) {  // what xrdcp tells, too
    place.cgi += fmt::format("{}oss.asize={}", place.cgi.empty() ? "" : "&", *options.size);
  }
  SLUICE_CO_TRY(File file, co_await remote.client->open(place.text(), open));
  co_return std::make_unique<RemoteSink>(std::move(file));
}

// ---- Local files and streams

Result<std::size_t> read_fully(int fd, std::optional<std::uint64_t> offset, ByteSpan into) {
  std::size_t done = 0;
  while (done < into.size()) {
    ByteSpan rest = into.subspan(done);
    ssize_t n = offset ? ::pread(fd, rest.data(), rest.size(), static_cast<off_t>(*offset + done))
                       : ::read(fd, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, {});
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Status write_fully(int fd, std::optional<std::uint64_t> offset, ByteView data) {
  std::size_t done = 0;
  while (done < data.size()) {
    ByteView rest = data.subspan(done);
    ssize_t n = offset ? ::pwrite(fd, rest.data(), rest.size(), static_cast<off_t>(*offset + done))
                       : ::write(fd, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, {});
    done += static_cast<std::size_t>(n);
  }
  return {};
}

class LocalSource final : public Source {
 public:
  LocalSource(BlockingPool& disk, Fd fd, const struct stat& st)
      : disk_(disk),
        fd_(std::move(fd)),
        is_file_(S_ISREG(st.st_mode)),
        size_(static_cast<std::uint64_t>(st.st_size)),
        mode_(static_cast<std::uint16_t>(st.st_mode & 0777U)) {}

  std::optional<std::uint64_t> size() const override {
    return is_file_ ? std::optional(size_) : std::nullopt;
  }
  bool is_sequential() const override { return !is_file_; }
  Task<std::size_t> read(std::uint64_t offset, ByteSpan into) override {
    auto at = is_file_ ? std::optional(offset) : std::nullopt;
    co_return co_await offload(disk_, [this, at, into] { return read_fully(fd_.get(), at, into); });
  }
  Task<void> close() override { co_return Status(); }
  std::uint16_t mode() const override { return is_file_ ? mode_ : std::uint16_t{0}; }

 private:
  BlockingPool& disk_;
  Fd fd_;
  bool is_file_;
  std::uint64_t size_;
  std::uint16_t mode_;
};

class LocalSink final : public Sink {
 public:
  // `unfinished` is removed when close() was not reached or failed.
  LocalSink(BlockingPool& disk, Fd fd, bool is_file, std::string unfinished)
      : disk_(disk), fd_(std::move(fd)), is_file_(is_file), unfinished_(std::move(unfinished)) {}
  ~LocalSink() override {
    if (!unfinished_.empty()) ::unlink(unfinished_.c_str());
  }

  bool is_sequential() const override { return !is_file_; }
  Task<void> write(std::uint64_t offset, ByteView data) override {
    auto at = is_file_ ? std::optional(offset) : std::nullopt;
    co_return co_await offload(disk_,
                               [this, at, data] { return write_fully(fd_.get(), at, data); });
  }
  Task<void> close() override {
    // Some file systems tell only here that the data did not fit.
    Status closed = co_await offload(disk_, [this]() -> Status {
      if (::close(fd_.release()) != 0 && errno != EINTR) return fail_errno(errno, {});
      return {};
    });
    if (closed) unfinished_.clear();
    co_return closed;
  }

 private:
  BlockingPool& disk_;
  Fd fd_;
  bool is_file_;
  std::string unfinished_;
};

Result<Fd> open_file(const std::string& path, int flags, std::uint16_t mode = 0) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) return fail_errno(errno, path);
  return fd;
}

Result<std::unique_ptr<Source>> open_local_source(BlockingPool& disk, const Place& place) {
  Fd fd;
  if (place.is_stream()) {
    fd = Fd(::dup(STDIN_FILENO));
  } else {
    SLUICE_TRY(fd, open_file(place.path, O_RDONLY));
  }
  struct stat st{};
  if (!fd || ::fstat(fd.get(), &st) != 0) return fail_errno(errno, place.path);
  if (S_ISDIR(st.st_mode)) return fail(Errc::is_directory, place.path);
  if (place.is_stream()) st.st_mode = S_IFIFO;  // its offset is where the shell left it
  return std::make_unique<LocalSource>(disk, std::move(fd), st);
}

Result<std::unique_ptr<Sink>> open_local_sink(BlockingPool& disk, const Place& place,
                                              const SinkOptions& options) {
  if (place.is_stream()) {
    return std::make_unique<LocalSink>(disk, Fd(::dup(STDOUT_FILENO)), false, std::string());
  }
  struct stat st{};
  bool exists = ::stat(place.path.c_str(), &st) == 0;
  bool is_file = !exists || S_ISREG(st.st_mode);
  if (options.make_path && !exists) {
    std::error_code ec;
    std::filesystem::create_directories(place.parent().path, ec);  // the open says what is wrong
  }
  int flags = O_WRONLY;
  if (!options.resume && is_file) flags |= O_CREAT | (options.force ? O_TRUNC : O_EXCL);
  SLUICE_TRY(Fd fd, open_file(place.path, flags, options.mode));
  bool remove_unfinished = options.posc && is_file && !options.resume;
  return std::make_unique<LocalSink>(disk, std::move(fd), is_file,
                                     remove_unfinished ? place.path : std::string());
}

}  // namespace

bool is_same_local_file(const Place& a, const Place& b) {
  struct stat x{};
  struct stat y{};
  return a.is_local() && b.is_local() && ::stat(a.path.c_str(), &x) == 0 &&
         ::stat(b.path.c_str(), &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

Task<std::unique_ptr<Source>> open_source(Remote remote, Place place) {
  if (place.is_remote()) co_return co_await open_remote_source(remote, place);
  co_return co_await offload(*remote.disk, [&] { return open_local_source(*remote.disk, place); });
}

Task<std::unique_ptr<Sink>> open_sink(Remote remote, Place place, SinkOptions options) {
  if (place.is_remote()) co_return co_await open_remote_sink(remote, place, options);
  co_return co_await offload(*remote.disk,
                             [&] { return open_local_sink(*remote.disk, place, options); });
}

}  // namespace sluice::cli
