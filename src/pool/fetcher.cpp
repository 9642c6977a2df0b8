// SPDX-License-Identifier: Apache-2.0
#include "pool/fetcher.h"

#include "base/offload.h"
#include "capability/capability.h"
#include "disk/file_watch.h"
#include "disk/file_write.h"
#include "pool/pool_log.h"
#include "pool/refusal.h"
#include "xroot/client/api.h"
#include "xroot/url.h"

#include <algorithm>
#include <ctime>

namespace sluice::pool {
namespace {

using catalogue::Entry;
using catalogue::Replica;

constexpr std::size_t at_a_time = 4;
constexpr std::size_t piece = 1 << 20;  // bytes
// Between attempts: a second, then twice as long each time.
constexpr int most_doublings = 6;

// A file that was just uploaded may get its checksum in a moment, and a copy that cannot be compared with one is worth less.
bool is_checksum_expected(const Entry& entry) {
  constexpr std::int64_t patience = 60;                    // seconds
  constexpr std::uint64_t bytes_per_second = 100'000'000;  // of whoever computes it, at worst
  const std::int64_t age = (catalogue::system_clock_ns() - entry.changed_ns) / 1'000'000'000;
  return entry.checksums.empty() &&
         age < patience + static_cast<std::int64_t>(entry.size / bytes_per_second);
}

// A replica counts when it has the size and the checksums that the catalogue knows.
class FetchWatch final : public disk::FileWatch {
 public:
  FetchWatch(PoolService& service, Entry entry) : service_(service), entry_(std::move(entry)) {}

  bool revoked() const override { return false; }
  void moved(std::uint64_t) override {}

  Status verify(int fd, const disk::FileStat& stat, disk::StoredChecksums& sums) override {
    if (stat.size != entry_.size) {
      return fail(Errc::io, fmt::format("{} bytes of {} arrived", stat.size, entry_.size));
    }
    for (const auto& [type, expected] : entry_.checksums) {
      auto value = sums.find(type);
      if (!value) {
        SLUICE_TRY(value, disk::file_checksum(fd, type, service_.store.tree().volume(), false,
                                              nullptr, entry_.name));
        sums.put(type, *value);
      }
      if (*value != expected) {
        return fail(Errc::checksum,
                    fmt::format("{} is {}, the catalogue has {}", type, *value, expected));
      }
    }
    return {};
  }

  Status published(const disk::FileStat& stat, const disk::StoredChecksums&) override {
    Status told = service_.catalogue.replicas().arrived(entry_.id, service_.id, stat.size,
                                                        catalogue::ReplicaState::online);
    is_refused_ = !told && is_refusal(told.error().code);
    return told;
  }

  // What the catalogue may know of stays: the next attempt tells it again.
  void abandoned() override {
    if (is_refused_) (void)service_.store.remove(entry_.id);
  }

 private:
  PoolService& service_;
  const Entry entry_;
  bool is_refused_ = false;
};

Status write_piece(disk::OpenFile& target, std::uint64_t offset, ByteView bytes) {
  SLUICE_CHECK(disk::write_all(target, offset, bytes));
  target.wrote(offset, bytes);
  return {};
}

}  // namespace

asio::awaitable<void> Fetcher::round() {
  constexpr std::size_t batch = 200;
  auto wanted = co_await offload(service_.blocking, [this] {
    return service_.catalogue.copies().to_fetch(service_.id, batch);
  });
  if (!wanted) {
    log.warn("fetch.no_list", {{"error", wanted.error().message()}});
    co_return;
  }
  auto now = Clock::now();
  // Some of them are asked for no more.
  std::erase_if(failed_, [&](const auto& one) {
    return one.second.not_before + std::chrono::minutes(10) < now;
  });
  std::erase_if(*wanted, [&](const Replica& replica) {
    auto failed = failed_.find(replica.file);
    return failed != failed_.end() && failed->second.not_before > now;
  });
  std::span<const Replica> rest(*wanted);
  while (!rest.empty()) {
    auto some = rest.first(std::min(at_a_time, rest.size()));
    co_await with_task_group([this, some](TaskGroup& group) -> asio::awaitable<void> {
      for (const Replica& replica : some) group.spawn(fetch_one(replica));
      co_return;
    });
    rest = rest.subspan(some.size());
  }
}

asio::awaitable<void> Fetcher::fetch_one(Replica replica) {
  Status done = co_await fetch(replica);
  if (done) {
    failed_.erase(replica.file);
    log.info("replica.fetched", {{"file", replica.file.number}});
    co_return;
  }
  Failed& failed = failed_[replica.file];
  failed.not_before = Clock::now() + std::chrono::seconds(1 << failed.times);
  failed.times = std::min(failed.times + 1, most_doublings);
  if (done.error().code == Errc::in_progress) {
    log.debug("fetch.put_off", {{"file", replica.file.number}, {"error", done.error().message()}});
    co_return;
  }
  log.warn("replica.not_fetched",
           {{"file", replica.file.number}, {"error", done.error().message()}});
  if (done.error().code == Errc::no_space) co_await give_back(replica);
}

// Doors count on a copy that is on its way: another pool may have the room.
asio::awaitable<void> Fetcher::give_back(Replica replica) {
  Status given = co_await offload(service_.blocking, [&]() -> Status {
    SLUICE_CHECK(
        service_.catalogue.replicas().retire(replica.file, service_.id, catalogue::Last::stays));
    return service_.catalogue.copies().check(replica.file);
  });
  if (given) co_return;
  log.warn("replica.not_given_back",
           {{"file", replica.file.number}, {"error", given.error().message()}});
}

Task<void> Fetcher::fetch(Replica replica) {
  SLUICE_CO_TRY(Source source,
                co_await offload(service_.blocking, [&] { return source_of(replica.file); }));
  SLUICE_CO_TRY(const bool is_there,
                co_await offload(service_.blocking, [&] { return tell_again(source.entry); }));
  if (is_there) co_return Status{};
  if (is_checksum_expected(source.entry))
    co_return fail(Errc::in_progress, "its checksum is not known yet");
  SLUICE_CO_TRY(const auto space, co_await offload(service_.blocking, [&] {
                  return service_.reserve(source.entry.size);
                }));
  SLUICE_CO_TRY(auto target, co_await offload(service_.blocking, [&] {
                  return service_.store.begin(replica.file, source.entry.size, source.entry.mode,
                                              "1 replication " + source.path);
                }));
  target->watch_by(std::make_unique<FetchWatch>(service_, source.entry), source.path);
  SLUICE_CO_CHECK(co_await copy(&source, target, space.get()));
  co_return co_await offload(service_.blocking, [&] { return target->close(); });
}

// Whatever has its name is whole: an earlier attempt brought it, and died or lost the catalogue before it could tell.
Result<bool> Fetcher::tell_again(const Entry& entry) {
  auto size = service_.store.size_of(entry.id);
  if (!size && size.error().code == Errc::not_found) return false;
  if (!size) return tl::unexpected<Error>(std::move(size).error());
  if (*size != entry.size) {
    SLUICE_CHECK(service_.store.remove(entry.id));
    return false;
  }
  SLUICE_CHECK(service_.catalogue.replicas().arrived(entry.id, service_.id, *size,
                                                     catalogue::ReplicaState::online));
  return true;
}

Result<Fetcher::Source> Fetcher::source_of(FileId file) {
  auto& catalogue = service_.catalogue;
  SLUICE_TRY(Entry entry, catalogue.names().stat(file));
  SLUICE_TRY(std::string path, catalogue.names().path_of(file));
  SLUICE_TRY(auto replicas, catalogue.replicas().of_file(file));
  SLUICE_TRY(auto pools, catalogue.pools().list());
  // The one that spoke last is the one that most likely answers.
  const catalogue::Pool* best = nullptr;
  for (const Replica& replica : replicas) {
    auto pool = std::ranges::find(pools, replica.pool, &catalogue::Pool::id);
    bool usable = is_readable(replica.state) && replica.pool != service_.id &&
                  pool != pools.end() && pool->mode != catalogue::PoolMode::disabled &&
                  !pool->addresses.empty();
    if (usable && (best == nullptr || pool->heartbeat_ns > best->heartbeat_ns)) best = &*pool;
  }
  if (best == nullptr) return fail(Errc::no_replicas, path);
  constexpr std::uint32_t lifetime = 300;
  capability::Capability right;
  right.operation = capability::Operation::read;
  right.file = file.number;
  right.pool = best->id.number;
  right.size = entry.size;
  right.expires = static_cast<std::uint32_t>(::time(nullptr)) + lifetime;
  right.user = "replication";
  SLUICE_TRY(std::string text, capability::sign(right, service_.keys));
  // In clear where the pool gives it so, whether it has TLS or not.
  SLUICE_TRY(auto address, xroot::Url::parse(best->addresses.front()));
  return Source{
      std::move(entry),
      fmt::format("root://{}/{}?{}={}", address.host_port(), path, capability::cgi_key, text),
      path};
}

Task<void> Fetcher::copy(const Source* source, std::shared_ptr<disk::OpenFile> target,
                         Reservations::Claim* space) {
  xroot::client::ClientOptions options;
  options.tls = service_.tls_to_pools;
  return xroot::client::with_client(std::move(options), [=, this](xroot::client::Client& client) {
    return copy_with(&client, source, target, space);
  });
}

Task<void> Fetcher::copy_with(xroot::client::Client* client, const Source* source,
                              std::shared_ptr<disk::OpenFile> target, Reservations::Claim* space) {
  SLUICE_CO_TRY(auto file, co_await client->open(source->url));
  std::vector<std::byte> buffer(std::min<std::uint64_t>(piece, source->entry.size + 1));
  for (std::uint64_t offset = 0;;) {
    SLUICE_CO_TRY(std::size_t n, co_await file.read(offset, buffer));
    if (n == 0) break;
    SLUICE_CO_CHECK(co_await offload(service_.blocking, [&] {
      return write_piece(*target, offset, ByteView(buffer).first(n));
    }));
    offset += n;
    space->fill(n);
  }
  co_return co_await file.close();
}

}  // namespace sluice::pool
