// SPDX-License-Identifier: Apache-2.0
#include "catalogue/pools.h"

#include "base/text.h"
#include "catalogue/copies.h"

#include <algorithm>
#include <array>
#include <limits>

namespace sluice::catalogue {
namespace {

constexpr std::array<std::string_view, 4> mode_names{"enabled", "read-only", "draining",
                                                     "disabled"};
constexpr std::size_t max_list = 65'536;  // bytes of all addresses, or of all tags

#define SLUICE_POOL_COLUMNS \
  "id, name, mode, heartbeat, total, free, reserved, movers, queued, addresses, tags"
constexpr std::string_view letters = "itiiiiiiitt";

constexpr sql::Query insert{
    "INSERT INTO pool (name, mode, heartbeat, total, free, reserved, movers, queued, addresses, "
    "tags) "
    "VALUES (:name, 0, :now, 0, 0, 0, 0, 0, :addresses, :tags) "
    "ON CONFLICT (name) DO UPDATE SET heartbeat = excluded.heartbeat, "
    "addresses = excluded.addresses, tags = excluded.tags RETURNING " SLUICE_POOL_COLUMNS,
    "titt", letters};
constexpr sql::Query beat{
    "UPDATE pool SET heartbeat = :now, total = :total, free = :free, reserved = :reserved, "
    "movers = :movers, queued = :queued WHERE id = :id",
    "iiiiiii", ""};
constexpr sql::Query update_mode{"UPDATE pool SET mode = :mode WHERE id = :id", "ii", ""};
constexpr sql::Query erase{"DELETE FROM pool WHERE id = :id", "i", ""};
constexpr sql::Query all{"SELECT " SLUICE_POOL_COLUMNS " FROM pool ORDER BY name", "", letters};
constexpr sql::Query by_name{"SELECT " SLUICE_POOL_COLUMNS " FROM pool WHERE name = :name", "t",
                             letters};
constexpr sql::Query put_setting{
    "INSERT INTO pool_setting (pool, name, value) VALUES (:pool, :name, :value) "
    "ON CONFLICT (pool, name) DO UPDATE SET value = excluded.value",
    "itt", ""};
constexpr sql::Query erase_setting{"DELETE FROM pool_setting WHERE pool = :pool AND name = :name",
                                   "it", ""};
constexpr sql::Query all_settings{
    "SELECT name, value FROM pool_setting WHERE pool = :pool ORDER BY name", "i", "tt"};

Pool pool_of(const sql::Row& row) {
  auto count = [&](std::size_t column) { return static_cast<std::uint64_t>(row.integer(column)); };
  Pool pool;
  pool.id = {row.integer(0)};
  pool.name = row.text(1);
  pool.mode = static_cast<PoolMode>(row.integer(2));
  pool.heartbeat_ns = row.integer(3);
  pool.load = {count(4), count(5), count(6), count(7), count(8)};
  for (std::string_view line : split(row.text(9), '\n')) {
    if (!line.empty()) pool.addresses.emplace_back(line);
  }
  for (std::string_view line : split(row.text(10), '\n')) {
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) {
      pool.tags.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return pool;
}

bool is_line(std::string_view text) {
  return is_plain_text(text) && text.find('\n') == std::string_view::npos;
}

Result<std::string> lines_of(const std::vector<std::string>& addresses) {
  std::string out;
  for (const std::string& address : addresses) {
    if (address.empty() || !is_line(address)) {
      return fail(Errc::invalid_argument, "an address of a pool is one line");
    }
    out.append(address).append("\n");
  }
  if (out.size() > max_list) return fail(Errc::too_long, "too many addresses of a pool");
  return out;
}

Result<std::string> lines_of(const Texts& tags) {
  std::string out;
  for (const auto& [key, value] : tags) {
    if (key.empty() || !is_line(key) || !is_line(value) || key.find('=') != std::string::npos) {
      return fail(Errc::invalid_argument, "a tag of a pool is key=value on one line");
    }
    out.append(key).append("=").append(value).append("\n");
  }
  if (out.size() > max_list) return fail(Errc::too_long, "too many tags of a pool");
  return out;
}

Status one_changed(Result<std::uint64_t> changed, PoolId pool) {
  if (!changed) return tl::unexpected<Error>(std::move(changed).error());
  if (*changed == 0) return fail(Errc::not_found, "no pool " + std::to_string(pool.number));
  return {};
}

// No disk has more than 2^63 bytes; a pool that says so has a fault of its own.
std::int64_t bounded(std::uint64_t number) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(number, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace

std::string_view to_text(PoolMode mode) { return mode_names.at(static_cast<std::size_t>(mode)); }

Result<Pool> Pools::enter(std::string_view name, const std::vector<std::string>& addresses,
                          const Texts& tags) {
  SLUICE_CHECK(check_name(name));
  SLUICE_TRY(const std::string address_lines, lines_of(addresses));
  SLUICE_TRY(const std::string tag_lines, lines_of(tags));
  const std::int64_t now = clock_();
  return database_.write("enter_pool", [&](sql::Session& session) -> Result<Pool> {
    Pool pool;
    SLUICE_TRY(
        [[maybe_unused]] auto rows,
        session.run(insert,
                    {name, now, std::string_view(address_lines), std::string_view(tag_lines)},
                    [&](const sql::Row& row) { pool = pool_of(row); }));
    return pool;
  });
}

Status Pools::heartbeat(PoolId pool, const PoolLoad& load) {
  const std::int64_t now = clock_();
  return database_.write("heartbeat", [&](sql::Session& session) {
    return one_changed(
        session.run(beat, {now, bounded(load.total), bounded(load.free), bounded(load.reserved),
                           bounded(load.movers), bounded(load.queued), pool.number}),
        pool);
  });
}

Status Pools::set_mode(PoolId pool, PoolMode mode) {
  const std::int64_t now = clock_();
  return database_.write("set_pool_mode", [&](sql::Session& session) -> Status {
    SLUICE_CHECK(one_changed(
        session.run(update_mode, {static_cast<std::int64_t>(mode), pool.number}), pool));
    return note_pool(session, pool, now);
  });
}

Status Pools::remove(PoolId pool) {
  Status gone = database_.write("remove_pool", [&](sql::Session& session) {
    return one_changed(session.run(erase, {pool.number}), pool);
  });
  if (!gone && gone.error().code == Errc::conflict) {
    return fail(Errc::exists, "the pool still has replicas");
  }
  return gone;
}

Result<std::vector<Pool>> Pools::list() {
  return database_.read([&](sql::Session& session) -> Result<std::vector<Pool>> {
    std::vector<Pool> out;
    SLUICE_TRY([[maybe_unused]] auto rows,
               session.run(all, {}, [&](const sql::Row& row) { out.push_back(pool_of(row)); }));
    return out;
  });
}

Result<Pool> Pools::find(std::string_view name) {
  SLUICE_CHECK(check_name(name));
  return database_.read([&](sql::Session& session) -> Result<Pool> {
    Pool pool;
    SLUICE_TRY(const std::uint64_t rows,
               session.run(by_name, {name}, [&](const sql::Row& row) { pool = pool_of(row); }));
    if (rows == 0) return fail(Errc::not_found, "no pool " + std::string(name));
    return pool;
  });
}

Status Pools::set(PoolId pool, std::string_view name, const std::optional<std::string>& value) {
  SLUICE_CHECK(check_name(name));
  if (value && (!is_plain_text(*value) || value->size() > max_list)) {
    return fail(Errc::invalid_argument, "the value of a setting is UTF-8 text of at most 64 KiB");
  }
  Status done = database_.write("set_pool_setting", [&](sql::Session& session) -> Status {
    if (value) {
      SLUICE_TRY([[maybe_unused]] auto put,
                 session.run(put_setting, {pool.number, name, std::string_view(*value)}));
      return {};
    }
    SLUICE_TRY([[maybe_unused]] auto erased, session.run(erase_setting, {pool.number, name}));
    return {};
  });
  if (!done && done.error().code == Errc::conflict) {
    return fail(Errc::not_found, "no pool " + std::to_string(pool.number));
  }
  return done;
}

Result<Texts> Pools::settings(PoolId pool) {
  return database_.read([&](sql::Session& session) -> Result<Texts> {
    Texts out;
    SLUICE_TRY([[maybe_unused]] auto rows,
               session.run(all_settings, {pool.number},
                           [&](const sql::Row& row) { out.emplace(row.text(0), row.text(1)); }));
    return out;
  });
}

}  // namespace sluice::catalogue
