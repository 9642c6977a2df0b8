// SPDX-License-Identifier: Apache-2.0
#include "disk/checksums.h"

#include "base/checksum.h"
#include "base/text.h"
#include "base/units.h"
#include "disk/beneath.h"
#include "disk/file_tree.h"
#include "disk/sequential_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>

namespace sluice::disk {
namespace {

constexpr std::size_t max_attribute = 1024;
constexpr std::string_view format_version = "1";

// The clock that the kernel stamps files with: a write that happens after this call gets a stamp
// that is not smaller.
std::int64_t stamp_clock_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

bool same_contents(const FileStat& a, const FileStat& b) {
  return a.key == b.key && a.size == b.size && a.modified_ns == b.modified_ns;
}

Result<std::string> compute(int fd, std::string_view type, const std::atomic<bool>* cancelled,
                            std::string_view object) {
  SLUICE_TRY(std::unique_ptr<Digest> digest, make_digest(type));
  SequentialReader reader(fd);
  for (;;) {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
      return fail(Errc::cancelled, std::string(object));
    }
    SLUICE_TRY(ByteView bytes, reader.next(object));
    if (bytes.empty()) return digest->hex();
    digest->update(bytes);
  }
}

std::string read_attribute(int fd) {
  std::array<char, max_attribute> buffer;
  ssize_t size = ::fgetxattr(fd, StoredChecksums::attribute, buffer.data(), buffer.size());
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
}

// Writes the attribute with the latest change time at which it may be believed. Writing it sets the change time to about
// now; where a busy disk made it later than the guard allows, the entry would be dead, so it is written again.
template <class Text>
void store_before_guard(int fd, const Volume& volume, int flags, Text text) {
  constexpr int max_attempts = 5;
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    std::int64_t changed_before = stamp_clock_ns() + volume.stamp_guard.count();
    std::string value = text(changed_before);
    if (::fsetxattr(fd, StoredChecksums::attribute, value.data(), value.size(), flags) != 0) return;
    auto now = stat_fd(fd, {});
    if (!now || now->changed_ns <= changed_before) return;
  }
}

}  // namespace

StoredChecksums StoredChecksums::of_fd(int fd, const FileStat& stat) {
  return parse(read_attribute(fd), stat);
}

// "1 <size> <modified> <inode> <latest change time> adler32=0a1b2c3d md5=...", times in
// nanoseconds.
StoredChecksums StoredChecksums::parse(std::string_view text, const FileStat& stat) {
  constexpr std::size_t fixed_fields = 5;
  std::vector<std::string_view> fields = split(text, ' ');
  if (fields.size() <= fixed_fields || fields[0] != format_version) return {};
  auto size = parse_int<std::uint64_t>(fields[1], 0, UINT64_MAX);
  auto modified = parse_int<std::int64_t>(fields[2], INT64_MIN, INT64_MAX);
  auto inode = parse_int<std::uint64_t>(fields[3], 0, UINT64_MAX);
  auto changed_before = parse_int<std::int64_t>(fields[4], INT64_MIN, INT64_MAX);
  if (!size || !modified || !inode || !changed_before) return {};
  if (*size != stat.size || *modified != stat.modified_ns || *inode != stat.key.inode) return {};
  // A later change time: renamed or given new rights (harmless), or written and its old
  // modification time put back (cp -p, touch -r, rsync). They look the same.
  if (stat.changed_ns > *changed_before) return {};
  StoredChecksums stored;
  for (std::string_view field : std::span(fields).subspan(fixed_fields)) {
    std::size_t equals = field.find('=');
    if (equals != std::string_view::npos)
      stored.put(field.substr(0, equals), std::string(field.substr(equals + 1)));
  }
  return stored;
}

std::string StoredChecksums::text(const FileStat& stat, std::int64_t changed_before_ns) const {
  std::string out = fmt::format("{} {} {} {} {}", format_version, stat.size, stat.modified_ns,
                                stat.key.inode, changed_before_ns);
  for (const auto& [type, hex] : sums_) out += fmt::format(" {}={}", type, hex);
  return out;
}

std::optional<std::string> StoredChecksums::find(std::string_view type) const {
  auto found =
      std::ranges::find(sums_, type, [](const auto& sum) { return std::string_view(sum.first); });
  if (found == sums_.end()) return std::nullopt;
  return found->second;
}

void StoredChecksums::put(std::string_view type, std::string hex) {
  auto found =
      std::ranges::find(sums_, type, [](const auto& sum) { return std::string_view(sum.first); });
  if (found != sums_.end()) {
    found->second = std::move(hex);
  } else {
    sums_.emplace_back(type, std::move(hex));
  }
}

void StoredChecksums::save(int fd, const FileStat& stat, const Volume& volume) const {
  if (sums_.empty()) return;
  store_before_guard(fd, volume, 0,
                     [&](std::int64_t changed_before) { return text(stat, changed_before); });
}

void StoredChecksums::renew(int fd) const {
  if (sums_.empty()) return;
  std::string old = read_attribute(fd);
  // Size and modification time stay those that were true when the sums were computed: if the file
  // was written since, they do not fit and the renewed entry is as dead as the old one.
  std::vector<std::string_view> fields = split(old, ' ');
  if (fields.size() < 5) return;
  auto volume = volume_of(fd);
  if (!volume) return;
  store_before_guard(fd, *volume, XATTR_REPLACE, [&](std::int64_t changed_before) {
    std::string limit = std::to_string(changed_before);
    fields[4] = limit;
    return fmt::format("{}", fmt::join(fields, " "));
  });
}

void drop_checksums(int fd) { ::fremovexattr(fd, StoredChecksums::attribute); }

std::optional<FileStat> settle_modification_time(int fd) {
  std::int64_t stamp = stamp_clock_ns() - 1;
  std::array<timespec, 2> times{timespec{0, UTIME_OMIT},
                                timespec{stamp / 1'000'000'000, stamp % 1'000'000'000}};
  if (::futimens(fd, times.data()) != 0) return std::nullopt;
  auto stat = stat_fd(fd, {});
  if (!stat || stat->modified_ns != stamp) return std::nullopt;
  return *stat;
}

Result<std::string> file_checksum(int fd, std::string_view type, const Volume& volume,
                                  bool may_store, const std::atomic<bool>* cancelled,
                                  std::string_view object) {
  SLUICE_TRY(const ChecksumRow* row, find_checksum(type));
  constexpr int max_attempts = 3;
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    // The clock is read before the stat: a write after the stat gets a stamp that is not smaller
    // than `now`.
    std::int64_t now = stamp_clock_ns();
    SLUICE_TRY(FileStat before, stat_fd(fd, object));
    if (auto known = StoredChecksums::of_fd(fd, before).find(row->name)) return *known;
    SLUICE_TRY(std::string hex, compute(fd, row->name, cancelled, object));
    SLUICE_TRY(FileStat after, stat_fd(fd, object));
    if (!same_contents(before, after)) continue;
    // Too young: the next write could get the very same stamp and the same size. Answer, but do not
    // store.
    bool is_settled = before.modified_ns + volume.stamp_guard.count() <= now;
    if (may_store && is_settled) {
      StoredChecksums sums =
          StoredChecksums::of_fd(fd, after);  // another type may have come meanwhile
      sums.put(row->name, hex);
      sums.save(fd, before, volume);
    }
    return hex;
  }
  return fail(Errc::conflict, std::string(object) + " changes while its checksum is computed");
}

Result<std::string> checksum_of(FileTree& tree, const LogicalPath& path, std::string_view type,
                                const std::atomic<bool>* cancelled) {
  SLUICE_TRY(Fd file,
             open_beneath(tree.root(), path.c_str(), O_RDONLY | O_NONBLOCK, 0, path.text()));
  SLUICE_TRY(FileStat stat, stat_fd(file.get(), path.text()));
  if (stat.is_directory()) return fail(Errc::is_directory, path.text());
  if (!stat.is_file()) return fail(Errc::not_file, path.text());
  if (tree.locks().is_claimed({stat.key, {}}))
    return fail(Errc::locked, path.text() + " is being written");
  return file_checksum(file.get(), type, tree.volume(), !tree.is_read_only(), cancelled,
                       path.text());
}

std::optional<std::string> stored_checksum(int directory, const char* name, const FileStat& stat,
                                           std::string_view type) {
  Fd file(open_entry(directory, name, O_RDONLY | O_NONBLOCK));
  if (!file) return std::nullopt;
  return StoredChecksums::of_fd(file.get(), stat).find(type);
}

}  // namespace sluice::disk
