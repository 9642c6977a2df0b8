// SPDX-License-Identifier: Apache-2.0
// kXR_readv: all items are checked against their files before anything is sent; small vectors join
// the batch of answers, large ones leave in groups that stay in the cache of the core, long items
// by sendfile.
#include "disk/cached_read.h"
#include "disk/data_requests.h"
#include "xroot/server/session.h"

#include <sys/socket.h>

namespace sluice::disk {

using namespace xroot;
using namespace xroot::server;

namespace {

constexpr std::uint64_t inline_limit =
    128 << 10;  // with items, whole answers up to here are composed in the batch
constexpr std::size_t group_limit = 128 << 10;
constexpr std::size_t long_item = 64 << 10;  // from here sendfile costs less than two copies

struct Item {
  VectorItem wire;
  std::shared_ptr<OpenFile> file;
};

// The items with their files, every one of them inside its file.
Result<std::vector<Item>> check(const Exchange& exchange, const VectorItems& list) {
  std::vector<Item> items;
  items.reserve(list.size());
  std::uint64_t size = 0;
  for (VectorItem wire : list) {
    if (!items.empty() && items.back().wire.handle == wire.handle) {
      items.push_back({wire, items.back().file});
    } else {
      Exchange single = exchange;
      single.file = exchange.session->file(wire.handle);
      SLUICE_TRY(auto file, readable_file(single));
      SLUICE_TRY(FileStat stat, file->stat());
      size = stat.size;
      ++file->totals.requests;
      items.push_back({wire, std::move(file)});
    }
    if (wire.length > size || wire.offset > size - wire.length) {
      return fail(Errc::invalid_argument,
                  fmt::format("readv past EOF of {}: {} bytes at {}, size {}",
                              items.back().file->path(), wire.length, wire.offset, size));
    }
  }
  return items;
}

std::size_t size_of(const Item& item) { return VectorItem::wire_size + item.wire.length; }

// How many items, from the first on, make one frame that is composed in memory; 0 when the first
// one is long.
std::size_t group_of(std::span<const Item> items) {
  std::size_t size = 0;
  std::size_t count = 0;
  for (const Item& item : items) {
    if (item.wire.length >= long_item || (count != 0 && size + size_of(item) > group_limit)) break;
    size += size_of(item);
    ++count;
  }
  return count;
}

// The frame of a group, composed in `out`; its size. nullopt: something is not in memory.
Result<std::optional<std::size_t>> compose(std::span<const Item> group, StreamId stream,
                                           ResponseStatus status, ByteSpan out) {
  std::size_t at = response_header_size;
  for (const Item& item : group) {
    item.wire.encode(out.subspan(at).first<VectorItem::wire_size>());
    at += VectorItem::wire_size;
    SLUICE_TRY(auto n,
               read_cached(*item.file, item.wire.offset, out.subspan(at, item.wire.length)));
    if (!n || *n != item.wire.length) return std::optional<std::size_t>();
    at += item.wire.length;
  }
  ResponseHeader{stream, status, static_cast<std::int32_t>(at - response_header_size)}.encode(
      out.first<response_header_size>());
  return std::optional<std::size_t>(at);
}

Task<void> fetch_all(Service* service, std::span<const Item> items) {
  for (const Item& item : items) {
    if (is_cached(*item.file, item.wire.offset, item.wire.length)) continue;
    SLUICE_CO_CHECK(
        co_await fetch(service->blocking, item.file, item.wire.offset, item.wire.length));
  }
  co_return Status{};
}

// What became of some groups.
struct SentGroups {
  std::size_t items = 0;        // that are sent or in `rest`
  std::size_t count = 0;        // bytes the socket took
  bool is_cold = false;         // the next group is not in memory
  std::vector<std::byte> rest;  // of the last group: what the socket did not take
};

// Composes and sends groups until one is long or cold, the socket takes no more or the turn is used up.
Result<SentGroups> send_groups(net::Workspace& space, Channel& channel, StreamId stream,
                               std::span<const Item> items, std::size_t turn) {
  SentGroups sent;
  while (sent.items < items.size() && sent.rest.empty() && sent.count < turn) {
    std::size_t taken = group_of(items.subspan(sent.items));
    if (taken == 0) break;
    bool is_last = sent.items + taken == items.size();
    SLUICE_TRY(auto size,
               compose(items.subspan(sent.items, taken), stream,
                       is_last ? ResponseStatus::ok : ResponseStatus::oksofar, space.out()));
    sent.is_cold = !size;
    if (sent.is_cold) break;
    SLUICE_TRY(std::size_t n, channel.socket.try_send(space.out().first(*size)));
    ByteView rest = space.out().subspan(n, *size - n);
    sent.rest.assign(rest.begin(), rest.end());
    sent.items += taken;
    sent.count += n;
  }
  return sent;
}

Task<void> send_long(Service* service, Exchange exchange, Item item, ResponseStatus status) {
  Channel& channel = *exchange.out;
  std::array<std::byte, response_header_size + VectorItem::wire_size> head{};
  ResponseHeader{exchange.stream, status, static_cast<std::int32_t>(size_of(item))}.encode(
      std::span(head).first<response_header_size>());
  item.wire.encode(std::span(head).last<VectorItem::wire_size>());
  SLUICE_CO_CHECK(co_await channel.out.send_all(head, true));
  std::uint64_t offset = item.wire.offset;
  for (std::uint64_t left = item.wire.length; left > 0;) {
    if (!is_cached(*item.file, offset, left))
      SLUICE_CO_CHECK(co_await fetch(service->blocking, item.file, offset, left));
    auto send = [&](net::Workspace&) {
      return channel.socket.try_sendfile(item.file->fd(), offset, left);
    };
    SLUICE_CO_TRY(std::size_t n, co_await channel.socket.loop().bulk(send));
    if (n == 0) SLUICE_CO_CHECK(co_await channel.socket.writable());
    channel.out.count(n);
    offset += n;
    left -= n;
  }
  co_await channel.pace(item.wire.length, service->config.turn.count);
  co_return Status{};
}

// Sends the first groups of `items`, at least one; how many items those were.
Task<std::size_t> send_some(Service* service, Exchange exchange, std::span<const Item> items) {
  Channel& channel = *exchange.out;
  const std::size_t turn = service->config.turn.count;
  auto send = [&](net::Workspace& space) {
    return send_groups(space, channel, exchange.stream, items, turn);
  };
  SLUICE_CO_TRY(SentGroups sent, co_await channel.socket.loop().bulk(send));
  if (sent.items == 0) {
    SLUICE_CO_CHECK(co_await fetch_all(service, items.first(group_of(items))));
    SLUICE_CO_TRY(sent, co_await channel.socket.loop().bulk(send));
    if (sent.items == 0) co_return fail(Errc::io, "a file became shorter while it was sent");
  }
  channel.out.count(sent.count);
  if (!sent.rest.empty()) {
    SLUICE_CO_CHECK(co_await channel.socket.writable());
    SLUICE_CO_CHECK(co_await channel.out.send_all(sent.rest, false));
  }
  co_await channel.pace(sent.count, turn);
  co_return sent.items;
}

void count(std::span<const Item> items) {
  for (const Item& item : items) item.file->served(item.wire.length);
}

asio::awaitable<Status> send_vector(Service* service, Exchange exchange, std::vector<Item> items) {
  SLUICE_CO_TRY([[maybe_unused]] Outbox::Turn turn, co_await exchange.out->out.take_turn());
  for (std::span<const Item> rest = items; !rest.empty();) {
    if (group_of(rest) == 0) {
      ResponseStatus status = rest.size() > 1 ? ResponseStatus::oksofar : ResponseStatus::ok;
      SLUICE_CO_CHECK(co_await send_long(service, exchange, rest.front(), status));
      count(rest.first(1));
      rest = rest.subspan(1);
    } else {
      SLUICE_CO_TRY(std::size_t sent, co_await send_some(service, exchange, rest));
      count(rest.first(sent));
      rest = rest.subspan(sent);
    }
  }
  exchange.sent();
  co_return Status{};
}

}  // namespace

Flow readv(Service& service, Exchange exchange, const Readv& request) {
  auto items = check(exchange, request.items);
  if (!items) {
    exchange.error(items.error());
    return {};
  }
  if (items->empty()) {
    exchange.ok();
    return {};
  }
  std::uint64_t size =
      response_header_size + items->size() * VectorItem::wire_size + request.items.total_length();
  if (size <= inline_limit) {
    auto composed =
        compose(*items, exchange.stream, ResponseStatus::ok, exchange.out->out.reserve(size));
    if (composed && *composed) {
      exchange.out->out.commit(**composed);
      count(*items);
      exchange.sent();
      return {};
    }
  }
  return send_vector(&service, std::move(exchange), *std::move(items));
}

}  // namespace sluice::disk
