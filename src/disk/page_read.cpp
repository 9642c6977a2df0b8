// SPDX-License-Identifier: Apache-2.0
// kXR_pgread: the file is read straight into frames of interleaved checksums and pages, a piece at
// a time while it is in the cache of the core. What the socket does not take of a piece is read
// again later, so that a slow reader costs one page of memory and not a piece.
#include "base/checksum.h"
#include "disk/cached_read.h"
#include "disk/data_requests.h"
#include "xroot/responses.h"
#include "xroot/server/session.h"

#include <sys/socket.h>

#include <cstring>

namespace sluice::disk {

using namespace xroot;
using namespace xroot::server;

namespace {

constexpr std::size_t pages_per_piece =
    32;  // 128 KiB: what stays in the second-level cache with its source
constexpr std::uint64_t bytes_per_frame = 2ULL << 20;  // what stock servers send in one frame
constexpr std::size_t crc_size = page_unit - page_size;
constexpr std::size_t frame_head = response_header_size + PageStatus::wire_size;

// Where pages of a range end: at multiples of the page size in the file.
std::uint64_t page_end(std::uint64_t offset, std::uint64_t end) {
  return std::min(end, (offset / page_size + 1) * page_size);
}

// Bytes on the wire of a range.
std::uint64_t wire_size(std::uint64_t offset, std::uint64_t end) {
  if (offset >= end) return 0;
  std::uint64_t pages = (end - 1) / page_size - offset / page_size + 1;
  return end - offset + pages * crc_size;
}

struct Piece {
  std::uint64_t end = 0;  // in the file
  std::size_t size = 0;   // on the wire
};

// Fills `out` with up to pages_per_piece pages of [offset, end). nullopt: they are not in memory.
Result<std::optional<Piece>> compose(const OpenFile& file, std::uint64_t offset, std::uint64_t end,
                                     ByteSpan out) {
  std::array<iovec, pages_per_piece> places;
  std::size_t pages = 0;
  Piece piece{offset, 0};
  while (pages < pages_per_piece && piece.end < end) {
    std::uint64_t next = page_end(piece.end, end);
    places[pages++] = {out.data() + piece.size + crc_size, next - piece.end};
    piece.size += next - piece.end + crc_size;
    piece.end = next;
  }
  SLUICE_TRY(auto n, read_cached(file, offset, std::span<const iovec>(places).first(pages)));
  if (!n) return std::optional<Piece>();
  // Either the rest is on the disk, or the file was cut after the frame was announced: a second
  // look tells.
  if (*n != piece.end - offset) return std::optional<Piece>();
  for (const iovec& place : std::span(places).first(pages)) {
    auto* data = static_cast<std::byte*>(place.iov_base);
    store_be<std::uint32_t>(std::span<std::byte, crc_size>(data - crc_size, crc_size),
                            crc32c(ByteView(data, place.iov_len)));
  }
  return std::optional<Piece>(piece);
}

// How far in the file the first `sent` bytes of a piece reach: the start of the page that was not
// sent whole, and the bytes of its unit that were.
struct Progress {
  std::uint64_t page;
  std::size_t of_unit;
};
Progress progress_of(std::uint64_t offset, std::uint64_t end, std::size_t sent) {
  while (offset < end) {
    std::uint64_t next = page_end(offset, end);
    std::size_t unit = next - offset + crc_size;
    if (sent < unit) break;
    sent -= unit;
    offset = next;
  }
  return {offset, sent};
}

void encode_head(const Exchange& exchange, std::uint64_t offset, std::uint64_t end, bool last,
                 std::span<std::byte, frame_head> out) {
  PageStatus status;
  status.stream = exchange.stream;
  status.request = Pgread::id;
  status.part = last ? PageStatus::Part::last : PageStatus::Part::partial;
  status.data_length = static_cast<std::uint32_t>(wire_size(offset, end));
  status.offset = offset;
  ResponseHeader{exchange.stream, ResponseStatus::status, PageStatus::wire_size}.encode(
      out.first<response_header_size>());
  status.encode(out.last<PageStatus::wire_size>());
}

// A frame on its way. What is before `offset` was sent but for the last `kept` bytes, which complete a torn unit.
struct FrameCursor {
  std::uint64_t begin, end;  // in the file, of the whole frame
  bool is_last;              // of the answer
  std::uint64_t offset = begin;
  std::size_t head = frame_head;  // bytes of the frame's head that lead the next piece
  std::size_t kept = 0;
  std::array<std::byte, frame_head + page_unit> keep{};

  bool done() const { return offset >= end && head == 0; }
};

struct SentPages {
  std::size_t count = 0;  // bytes the socket took
  bool is_full = false;   // it did not take all that was composed
  bool is_cold = false;   // the next pages are not in memory
};

// Composes the next piece and sends what the socket takes. Of the rest only the end of a torn unit is kept; whole pages
// are composed again when the socket has room.
Result<SentPages> send_piece(net::Workspace& space, const Exchange& exchange, const OpenFile& file,
                             FrameCursor& at) {
  ByteSpan out = space.out();
  if (at.head != 0) encode_head(exchange, at.begin, at.end, at.is_last, out.first<frame_head>());
  SLUICE_TRY(auto piece, compose(file, at.offset, at.end, out.subspan(at.head)));
  if (!piece) return SentPages{0, false, true};
  const std::size_t whole = at.head + piece->size;
  const int flags = piece->end < at.end ? MSG_MORE : 0;
  SLUICE_TRY(std::size_t sent, exchange.out->socket.try_send(out.first(whole), flags));
  std::size_t stop = std::max(sent, at.head);  // of what is sent now or kept
  Progress reached = progress_of(at.offset, piece->end, stop - at.head);
  at.offset = reached.page;
  if (reached.of_unit != 0) {
    at.offset = page_end(reached.page, at.end);
    stop += at.offset - reached.page + crc_size - reached.of_unit;
  }
  at.kept = stop - sent;
  std::memcpy(at.keep.data(), out.data() + sent, at.kept);
  at.head = 0;
  return SentPages{sent, sent != whole, false};
}

// The same for as many pieces as make a turn.
Result<SentPages> send_turn(net::Workspace& space, const Exchange& exchange, const OpenFile& file,
                            FrameCursor& at, std::size_t turn) {
  SentPages all;
  while (!all.is_full && !all.is_cold && !at.done() && all.count < turn) {
    SLUICE_TRY(SentPages piece, send_piece(space, exchange, file, at));
    all = {all.count + piece.count, piece.is_full, piece.is_cold};
  }
  return all;
}

// Sends one frame. The caller has the turn.
Task<void> send_frame(Service* service, Exchange exchange, std::shared_ptr<OpenFile> file,
                      FrameCursor at) {
  Channel& channel = *exchange.out;
  const std::size_t turn = service->config.turn.count;
  bool fetched = false;
  while (!at.done()) {
    auto send = [&](net::Workspace& space) { return send_turn(space, exchange, *file, at, turn); };
    SLUICE_CO_TRY(SentPages sent, co_await channel.socket.loop().bulk(send));
    channel.out.count(sent.count);
    if (sent.count != 0) fetched = false;
    if (sent.is_full) {
      SLUICE_CO_CHECK(co_await channel.socket.writable());
      ByteView kept = ByteView(at.keep).first(at.kept);
      SLUICE_CO_CHECK(co_await channel.out.send_all(kept, at.offset < at.end));
    } else if (sent.is_cold) {
      if (std::exchange(fetched, true))
        co_return fail(Errc::io, file->path() + " became shorter while it was sent");
      std::uint64_t wanted = std::min(at.end - at.offset, pages_per_piece * page_size);
      SLUICE_CO_CHECK(co_await fetch(service->blocking, file, at.offset, wanted));
    } else if (!at.done()) {
      co_await channel.pace(sent.count, turn);
    }
  }
  co_return Status{};
}

asio::awaitable<Status> send_pages(Service* service, Exchange exchange,
                                   std::shared_ptr<OpenFile> file, Pgread request) {
  Result<FileStat> stat = file->stat();
  if (!stat) {
    exchange.error(stat.error());
    co_return Status{};
  }
  std::uint64_t end = std::max(
      request.offset, std::min<std::uint64_t>(stat->size, request.offset + request.length));
  SLUICE_CO_TRY([[maybe_unused]] Outbox::Turn turn, co_await exchange.out->out.take_turn());
  std::uint64_t offset = request.offset;
  do {
    // Frames end at page boundaries of the file, as the client cuts its pages there.
    std::uint64_t limit = (offset / page_size) * page_size + bytes_per_frame;
    std::uint64_t frame_end = std::min(end, limit);
    SLUICE_CO_CHECK(
        co_await send_frame(service, exchange, file, {offset, frame_end, frame_end == end}));
    file->served(frame_end - offset);
    offset = frame_end;
  } while (offset < end);
  exchange.sent();
  co_return Status{};
}

}  // namespace

Flow pgread(Service& service, Exchange exchange, const Pgread& request) {
  auto file = readable_file(exchange);
  if (!file) {
    exchange.error(file.error());
    return {};
  }
  return send_pages(&service, std::move(exchange), *std::move(file), request);
}

}  // namespace sluice::disk
