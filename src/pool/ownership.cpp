// SPDX-License-Identifier: Apache-2.0
#include "pool/ownership.h"

#include "base/checksum.h"
#include "base/crypto.h"
#include "base/text.h"
#include "disk/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sluice::pool {
namespace {

constexpr const char* mark_name = "/.sluice.pool";
constexpr std::string_view directory_setting = "directory";  // of the pool in the catalogue
constexpr mode_t readable = 0644;

// Two lines: the pool's name, the directory's id.
struct Mark {
  std::string pool;  // empty: nobody's yet
  std::string id;    // empty: it has none yet
};

Result<Mark> read_mark(int file, const std::string& path) {
  std::array<char, 512> text{};
  ssize_t size = ::pread(file, text.data(), text.size(), 0);
  if (size < 0) return fail_errno(errno, path);
  auto lines = split({text.data(), static_cast<std::size_t>(size)}, '\n');
  return Mark{std::string(lines[0]), std::string(lines.size() > 1 ? lines[1] : "")};
}

Result<Ownership> make_mark(Fd file, const std::string& path, const std::string& pool) {
  std::array<std::byte, 16> random{};
  fill_random(random);
  std::string id = to_hex(random);
  const std::string text = pool + "\n" + id + "\n";
  SLUICE_CHECK(disk::write_all(file.get(), text, 0, path));
  return Ownership{std::move(file), std::move(id)};
}

}  // namespace

Result<Ownership> own_directory(const std::string& directory, const std::string& pool,
                                bool has_replicas) {
  std::string path = directory + mark_name;
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
  SLUICE_TRY(const Mark mark, read_mark(file.get(), path));
  if (!mark.pool.empty() && mark.pool != pool) {
    return fail(Errc::local,
                fmt::format("{} belongs to pool {}, not to {} (pool.name, pool.directory)",
                            directory, mark.pool, pool));
  }
  if (mark.id.empty()) return make_mark(std::move(file), path, pool);
  return Ownership{std::move(file), mark.id};
}

Status check_name(catalogue::Catalogue& all, const std::string& pool, const std::string& id) {
  constexpr std::int64_t alive_ns = 60'000'000'000;
  auto known = all.pools().find(pool);
  if (!known && known.error().code == Errc::not_found) return {};
  if (!known) return tl::unexpected<Error>(std::move(known).error());
  SLUICE_TRY(const auto settings, all.pools().settings(known->id));
  auto other = settings.find(directory_setting);
  const bool is_alive = known->heartbeat_ns + alive_ns > catalogue::system_clock_ns();
  if (other == settings.end() || other->second == id || !is_alive) return {};
  return fail(Errc::local,
              fmt::format("another pool is called {} and runs ({}): give this one a name of its "
                          "own (pool.name), or wait a minute if that one was taken away",
                          pool, known->addresses.empty() ? "-" : known->addresses.front()));
}

Status take_name(catalogue::Catalogue& all, catalogue::PoolId pool, const std::string& id) {
  return all.pools().set(pool, directory_setting, id);
}

}  // namespace sluice::pool
