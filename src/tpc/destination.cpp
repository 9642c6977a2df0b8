// SPDX-License-Identifier: Apache-2.0
#include "tpc/destination.h"

#include "base/log.h"
#include "base/task_group.h"
#include "base/text.h"
#include "disk/checksums.h"
#include "disk/file_tree.h"
#include "disk/file_write.h"
#include "disk/open_file.h"
#include "xroot/client/standard_credentials.h"
#include "xroot/server/session.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <mutex>

namespace sluice::tpc {
namespace {

const Logger log("tpc");

// One copy has at most so many bytes of the source in memory: the network never waits for the disk.
constexpr std::size_t piece = 1 << 20;
constexpr std::uint64_t pieces_in_flight = 8;

// XRootD's sources may take a destination that comes before its announcement for somebody else. The second sync follows the
// announcement; who has announced nothing after that time may come later than we.
constexpr std::chrono::milliseconds time_to_announce(500);

using xroot::client::Client;
using xroot::client::File;
using xroot::server::Reply;

// A place among the copies that may run.
class Place {
 public:
  static Result<std::unique_ptr<Place>> take(std::shared_ptr<Workshop> shop) {
    if (shop->config.most_copies == 0)
      return fail(Errc::unsupported, "third-party copies to this server (tpc.most_copies)");
    if (shop->running.fetch_add(1) < shop->config.most_copies)
      return std::make_unique<Place>(std::move(shop));
    shop->running.fetch_sub(1);
    return fail(Errc::overloaded,
                "as many third-party copies as may run at once (tpc.most_copies)");
  }
  explicit Place(std::shared_ptr<Workshop> shop) : shop_(std::move(shop)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { shop_->running.fetch_sub(1); }

 private:
  const std::shared_ptr<Workshop> shop_;
};

// What a source is shown: the token that came with the order, else a name; nothing that this server has for itself.
std::shared_ptr<xroot::client::Credentials> credentials_for(const Order& order) {
  return xroot::client::credentials_of([token = order.token](std::string_view name) -> std::string {
    if (name == "XrdSecPROTOCOL") return token.empty() ? "unix" : "ztn,unix";
    return name == "BEARER_TOKEN" ? token : std::string();
  });
}

class Copy final : public disk::Filler, public std::enable_shared_from_this<Copy> {
 public:
  Copy(std::shared_ptr<Workshop> shop, std::unique_ptr<Place> place, Order order)
      : shop_(std::move(shop)), place_(std::move(place)), order_(std::move(order)) {}

  Task<Reply> sync(xroot::server::Session* session, std::shared_ptr<disk::OpenFile> file) override;
  Status end() override;

 private:
  using OpenFile = disk::OpenFile;

  // Whether that is for this one to do.
  bool begin(const asio::any_io_executor& executor);
  asio::awaitable<void> run(std::shared_ptr<Copy> self, std::shared_ptr<OpenFile> file);
  Task<void> fetch(OpenFile* file);
  Task<void> fetch_with(Client* client, OpenFile* file);
  Task<void> read_all(File* source, std::uint64_t size, OpenFile* file);
  Task<void> check_sum(Client* client, OpenFile* file);
  // In the blocking pool, in the order of the file.
  Status write(OpenFile& file, std::uint64_t offset, ByteView bytes);
  void settle(Status outcome);

  const std::shared_ptr<Workshop> shop_;
  const std::unique_ptr<Place> place_;
  const Order order_;

  std::mutex mutex_;  // held for one write of a piece; whoever ends the copy waits for that
  std::optional<asio::steady_timer>
      settled_;  // never fires; cancelled at the end. There since the first sync
  bool ended_ = false;
  std::optional<Status> outcome_;
  std::optional<asio::steady_timer> announced_;  // cancelled by the second sync
};

Task<Reply> Copy::sync(xroot::server::Session* session, std::shared_ptr<OpenFile> file) {
  if (begin(co_await asio::this_coro::executor)) {
    session->spawn(run(shared_from_this(), std::move(file)));
    co_return Reply{};
  }
  announced_->cancel();
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (outcome_) {
        SLUICE_CO_CHECK(*outcome_);
        co_return Reply{};
      }
    }
    co_await settled_->async_wait(as_value);
  }
}

bool Copy::begin(const asio::any_io_executor& executor) {
  const std::lock_guard lock(mutex_);
  if (settled_) return false;
  settled_.emplace(executor, asio::steady_timer::time_point::max());
  announced_.emplace(executor, time_to_announce);
  return true;
}

Status Copy::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  if (!outcome_) outcome_ = fail(Errc::cancelled, order_.source + ": the copy had not ended");
  // Timers are their loop's.
  if (settled_) {
    asio::post(settled_->get_executor(), [self = shared_from_this()] { self->settled_->cancel(); });
  }
  return *outcome_;
}

void Copy::settle(Status outcome) {
  {
    const std::lock_guard lock(mutex_);
    if (!outcome_) outcome_ = std::move(outcome);
  }
  settled_->cancel();
}

// `self` keeps it alive where the client closes the file meanwhile.
asio::awaitable<void> Copy::run(std::shared_ptr<Copy> self, std::shared_ptr<OpenFile> file) {
  co_await announced_->async_wait(as_value);
  Status done = co_await fetch(file.get());
  (done ? shop_->good : shop_->failed).add();
  if (done) {
    log.info("copied", {{"source", order_.source}, {"path", file->path()}});
  } else {
    log.warn("not_copied",
             {{"source", order_.source}, {"path", file->path()}, {"why", done.error().message()}});
  }
  self->settle(std::move(done));
}

Task<void> Copy::fetch(OpenFile* file) {
  xroot::client::ClientOptions options;
  options.timeouts.stall = shop_->config.response_timeout;
  options.timeouts.request = shop_->config.response_timeout;
  options.timeouts.connect = std::min<Duration>(options.timeouts.connect, options.timeouts.request);
  options.user_name = order_.user;
  options.credentials = credentials_for(order_);
  options.tls = shop_->tls;
  Status done = co_await xroot::client::with_client(
      std::move(options), [this, file](Client& client) { return fetch_with(&client, file); });
  if (done) co_return done;
  Error why = std::move(done).error();
  why.detail = order_.source + ": " + why.detail;
  co_return tl::unexpected<Error>(std::move(why));
}

Task<void> Copy::fetch_with(Client* client, OpenFile* file) {
  SLUICE_CO_TRY(File source, co_await client->open(order_.url));
  std::uint64_t size = 0;
  if (source.info()) {
    size = source.info()->size;
  } else {
    SLUICE_CO_TRY(const auto info, co_await source.stat());
    size = info.size;
  }
  SLUICE_CO_CHECK(co_await read_all(&source, size, file));
  // A file that grew meanwhile is not the one that was there.
  std::byte beyond{};
  SLUICE_CO_TRY(const std::size_t more, co_await source.read(size, ByteSpan(&beyond, 1)));
  if (more != 0) co_return fail(Errc::io, "the file grew while it was copied");
  SLUICE_CO_CHECK(co_await check_sum(client, file));
  co_return co_await source.close();
}

// What the readers of one copy share.
struct Pieces {
  Pieces(const asio::any_io_executor& executor, std::uint64_t bytes)
      : size(bytes), changed(executor, asio::steady_timer::time_point::max()) {}

  const std::uint64_t size;
  std::uint64_t next = 0;     // to be asked for
  std::uint64_t written = 0;  // up to here all is in the file
  Status so_far;
  asio::steady_timer changed;  // never fires
};

Task<void> Copy::read_all(File* source, std::uint64_t size, OpenFile* file) {
  Pieces pieces(co_await asio::this_coro::executor, size);
  auto reader = [this, source, file](Pieces* shared) -> asio::awaitable<void> {
    std::vector<std::byte> buffer(std::min<std::uint64_t>(piece, shared->size));
    while (shared->so_far && shared->next < shared->size) {
      const std::uint64_t offset = shared->next;
      const ByteSpan part(buffer.data(), std::min<std::uint64_t>(piece, shared->size - offset));
      shared->next += part.size();
      auto got = co_await source->read(offset, part);
      while (shared->so_far && shared->written != offset)
        co_await shared->changed.async_wait(as_value);
      if (!shared->so_far) break;
      if (!got) {
        shared->so_far = tl::unexpected<Error>(std::move(got).error());
      } else if (*got != part.size()) {
        shared->so_far = fail(Errc::io, fmt::format("the file ended after {} bytes of {}",
                                                    offset + *got, shared->size));
      } else {
        shared->so_far =
            co_await offload(shop_->blocking, [&] { return write(*file, offset, part); });
        shared->written += part.size();
      }
      shared->changed.cancel();
    }
  };
  const std::uint64_t readers = std::min(pieces_in_flight, (size + piece - 1) / piece);
  co_await with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    for (std::uint64_t i = 0; i < readers; ++i) group.spawn(reader(&pieces));
    co_return;
  });
  co_return std::move(pieces.so_far);
}

Status Copy::write(OpenFile& file, std::uint64_t offset, ByteView bytes) {
  const std::lock_guard lock(mutex_);
  if (ended_) return fail(Errc::cancelled, "the copy was given up");
  SLUICE_CHECK(disk::write_all(file, offset, bytes));
  file.wrote(offset, bytes);
  shop_->bytes.add(bytes.size());
  return {};
}

Task<void> Copy::check_sum(Client* client, OpenFile* file) {
  if (!order_.checksum) co_return Status{};
  std::string expected = order_.checksum->value;
  if (expected.empty()) {
    SLUICE_CO_TRY(auto theirs, co_await client->checksum(order_.url, order_.checksum->type));
    expected = std::move(theirs.value);
  }
  SLUICE_CO_TRY(const std::string ours, co_await offload(shop_->blocking, [&] {
                  return disk::file_checksum(file->fd(), order_.checksum->type,
                                             file->tree().volume(), false, nullptr, file->path());
                }));
  if (!equal_ignoring_case(ours, expected)) {
    co_return fail(Errc::checksum, fmt::format("{} is {} here, {} was expected",
                                               order_.checksum->type, ours, expected));
  }
  co_return Status{};
}

}  // namespace

Workshop::Workshop(TpcConfig settings, Metrics& metrics, BlockingPool& pool)
    : config(settings),
      blocking(pool),
      good(metrics.counter("sluice_tpc_copies_total", "Third-party copies to this server.",
                           {{"result", "good"}})),
      failed(metrics.counter("sluice_tpc_copies_total", "Third-party copies to this server.",
                             {{"result", "failed"}})),
      bytes(metrics.counter("sluice_tpc_bytes_total", "Bytes fetched by third-party copies.")) {}

Destination::Destination(TpcConfig config, Metrics& metrics, BlockingPool& blocking)
    : workshop_(std::make_shared<Workshop>(config, metrics, blocking)) {}

Result<Order> Destination::order_of(std::string_view wire,
                                    const xroot::server::Caller& caller) const {
  return tpc::order_of(wire, caller, workshop_->config.require_tls);
}

Result<std::shared_ptr<disk::Filler>> Destination::begin(Order order) {
  SLUICE_TRY(auto place, Place::take(workshop_));
  return std::make_shared<Copy>(workshop_, std::move(place), std::move(order));
}

}  // namespace sluice::tpc
