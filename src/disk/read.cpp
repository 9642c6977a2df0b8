// SPDX-License-Identifier: Apache-2.0
// kXR_read: short reads are copied into the batch of answers, long ones leave the page cache by
// sendfile.
#include "disk/cached_read.h"
#include "disk/data_requests.h"
#include "xroot/server/session.h"

#include <sys/socket.h>

namespace sluice::disk {

using namespace xroot;
using namespace xroot::server;

Status check_not_revoked(const OpenFile& file) {
  if (!file.is_revoked()) return {};
  return fail(Errc::not_open, file.path() + " was forcefully closed by the server");
}

Result<std::shared_ptr<OpenFile>> readable_file(const Exchange& exchange) {
  auto file = std::static_pointer_cast<OpenFile>(exchange.file);
  if (!file) return fail(Errc::not_open, "the handle is not that of an open file");
  if (!file->is_readable()) return fail(Errc::not_open, file->path() + " is not open for reading");
  SLUICE_CHECK(check_not_revoked(*file));
  return file;
}

namespace {

// The answer to a short read whose bytes had to come from the disk.
Task<Reply> read_from_disk(BlockingPool* pool, std::shared_ptr<OpenFile> file, std::uint64_t offset,
                           std::size_t length) {
  co_return co_await offload(*pool, [&]() -> Result<Reply> {
    Reply reply;
    reply.body.resize(length);
    std::size_t done = 0;
    while (done < length) {
      ssize_t n = ::pread(file->fd(), reply.body.data() + done, length - done,
                          static_cast<off_t>(offset + done));
      if (n < 0) return fail_errno(errno, file->path());
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    reply.body.resize(done);
    file->served(done);
    return reply;
  });
}

Flow read_short(Service& service, Exchange& exchange, std::shared_ptr<OpenFile> file,
                const Read& request) {
  ByteSpan frame = exchange.out->out.reserve(response_header_size + request.length);
  auto n = read_cached(*file, request.offset, frame.subspan(response_header_size));
  if (!n) {
    exchange.error(n.error());
  } else if (!*n) {
    exchange.session->spawn_answer(
        exchange,
        read_from_disk(&service.blocking, std::move(file), request.offset, request.length), false);
  } else {
    ResponseHeader{exchange.stream, ResponseStatus::ok, static_cast<std::int32_t>(**n)}.encode(
        frame.first<response_header_size>());
    exchange.out->out.commit(response_header_size + **n);
    file->served(**n);
    exchange.sent();
  }
  return {};
}

constexpr std::uint64_t sendfile_piece = 1 << 20;

// One frame's worth of the file, header first. The caller has the turn.
Task<void> send_frame(Service* service, Exchange exchange, std::shared_ptr<OpenFile> file,
                      std::uint64_t offset, std::uint64_t size, ResponseStatus status) {
  Channel& channel = *exchange.out;
  std::array<std::byte, response_header_size> header{};
  ResponseHeader{exchange.stream, status, static_cast<std::int32_t>(size)}.encode(header);
  SLUICE_CO_CHECK(co_await channel.out.send_all(header, size != 0));
  const std::uint64_t turn = service->config.turn.count;
  while (size > 0) {
    // One call may move more than a turn: what the socket takes is bounded by its buffer.
    std::uint64_t want = std::min(size, sendfile_piece);
    if (!is_cached(*file, offset, want))
      SLUICE_CO_CHECK(co_await fetch(service->blocking, file, offset, want));
    auto send = [&](net::Workspace&) {
      return channel.socket.try_sendfile(file->fd(), offset, want);
    };
    SLUICE_CO_TRY(std::size_t n, co_await channel.socket.loop().bulk(send));
    if (n == 0) {
      SLUICE_CO_CHECK(co_await channel.socket.writable());
      continue;
    }
    channel.out.count(n);
    file->served(n);
    offset += n;
    size -= n;
    if (size > 0) co_await channel.pace(n, turn);
  }
  co_return Status{};
}

asio::awaitable<Status> read_long(Service* service, Exchange exchange,
                                  std::shared_ptr<OpenFile> file, Read request) {
  Result<FileStat> stat = file->stat();
  if (!stat) {
    exchange.error(stat.error());
    co_return Status{};
  }
  std::uint64_t end = std::min<std::uint64_t>(stat->size, request.offset + request.length);
  if (request.offset >= end) {
    exchange.ok();
    co_return Status{};
  }
  SLUICE_CO_TRY([[maybe_unused]] Outbox::Turn turn, co_await exchange.out->out.take_turn());
  for (std::uint64_t offset = request.offset; offset < end;) {
    std::uint64_t size = std::min(end - offset, service->config.frame_size.count);
    ResponseStatus status = offset + size < end ? ResponseStatus::oksofar : ResponseStatus::ok;
    SLUICE_CO_CHECK(co_await send_frame(service, exchange, file, offset, size, status));
    offset += size;
  }
  exchange.sent();
  co_return Status{};
}

}  // namespace

Flow read(Service& service, Exchange exchange, const Read& request) {
  auto file = readable_file(exchange);
  if (!file) {
    exchange.error(file.error());
    return {};
  }
  if (request.length < service.config.sendfile_from.count) {
    return read_short(service, exchange, *std::move(file), request);
  }
  Read plain = request;
  plain.readahead = {};  // a view into the request's bytes, which are gone when the coroutine runs
  return read_long(&service, std::move(exchange), *std::move(file), plain);
}

}  // namespace sluice::disk
