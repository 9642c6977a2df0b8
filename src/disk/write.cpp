// SPDX-License-Identifier: Apache-2.0
// kXR_write, kXR_writev and kXR_sync. Data go from the socket to the page cache as they come,
// through a pipe of the kernel or the loop's buffer; a frame is never held, however long it is. A
// disk that makes a write wait is written to from the blocking pool for a while, so that it does
// not stop the loop.
#include "disk/data_requests.h"
#include "disk/file_write.h"
#include "xroot/server/session.h"

#include <sys/uio.h>
#include <unistd.h>

namespace sluice::disk {

using namespace xroot;
using namespace xroot::server;

Result<std::shared_ptr<OpenFile>> writable_file(const Exchange& exchange) {
  auto file = std::static_pointer_cast<OpenFile>(exchange.file);
  if (!file) return fail(Errc::not_open, "the handle is not that of an open file");
  if (!file->is_writable()) return fail(Errc::not_open, file->path() + " is not open for writing");
  if (file->filler() != nullptr)
    return fail(Errc::not_open, file->path() + " is filled by a third-party copy");
  SLUICE_CHECK(check_not_revoked(*file));
  return file;
}

Status write_all(const OpenFile& file, std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::pwrite(file.fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, file.path());
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Status write_pages(OpenFile& file, std::uint64_t offset, std::span<const iovec> pieces) {
  ssize_t n = ::pwritev(file.fd(), pieces.data(), static_cast<int>(pieces.size()),
                        static_cast<off_t>(offset));
  if (n < 0) return fail_errno(errno, file.path());
  // A short write happens when the disk is full or a limit is reached; the next call says which.
  auto done = static_cast<std::size_t>(n);
  for (const iovec& piece : pieces) {
    ByteView page(static_cast<const std::byte*>(piece.iov_base), piece.iov_len);
    std::size_t skip = std::min(done, page.size());
    done -= skip;
    SLUICE_CHECK(write_all(file, offset + skip, page.subspan(skip)));
    file.wrote(offset, page);
    offset += page.size();
  }
  return {};
}

SlowDisk::SlowDisk(Service& service, const OpenFile& file)
    : blocking_(&service.blocking), always_(!file.tree().is_fast()) {}

BlockingPool* SlowDisk::elsewhere() {
  if (slow_turns_ == 0) return always_ ? blocking_ : nullptr;
  --slow_turns_;
  return blocking_;
}

void SlowDisk::note(Clock::duration spent) {
  if (spent > patience) slow_turns_ = turns_elsewhere;
}

namespace {

// One piece of the body, without waiting; 0 when nothing is there.
Result<std::size_t> write_piece(net::Workspace& space, Body& body, OpenFile& file,
                                std::uint64_t offset, std::uint64_t want, bool splice) {
  if (splice) {
    SLUICE_TRY(std::size_t n, body.try_splice(space, file.fd(), offset, want));
    file.wrote_unseen(offset, n);
    return n;
  }
  SLUICE_TRY(std::size_t n,
             body.try_receive(space.in().first(std::min<std::uint64_t>(want, space.in().size()))));
  ByteView bytes = space.in().first(n);
  SLUICE_CHECK(write_all(file, offset, bytes));
  file.wrote(offset, bytes);
  return n;
}

}  // namespace

Task<void> stream_to_file(Service* service, Body* body, std::shared_ptr<OpenFile> file,
                          std::uint64_t offset, std::uint64_t size) {
  // Encrypted bytes have to be copied anyway, and then their checksums cost no second look.
  const bool splice = service->config.splice && !body->channel().socket.is_encrypted();
  co_return co_await take_in_turns(
      service, body, file, size, [&](net::Workspace& space) -> Result<std::size_t> {
        SLUICE_TRY(std::size_t n, write_piece(space, *body, *file, offset, size, splice));
        offset += n;
        size -= n;
        return n;
      });
}

asio::awaitable<Status> end_write(Service* service, Exchange exchange,
                                  std::shared_ptr<OpenFile> file, Status result) {
  if (result && file && file->tree().config().sync == SyncPolicy::always) {
    result = co_await offload(service->blocking, [file] { return file->sync(); });
  }
  if (!result && result.error().code == Errc::connection) co_return result;
  if (result) {
    exchange.ok();
  } else {
    exchange.error(result.error());
  }
  co_return Status{};
}

asio::awaitable<Status> refuse_data(Exchange exchange, std::uint64_t size, Error error) {
  Body body(*exchange.data, size);
  SLUICE_CO_CHECK(co_await body.discard());
  exchange.error(error);
  co_return Status{};
}

namespace {

// The answer to a write whose error is known; its data still have to be taken from the stream.
asio::awaitable<Status> write_streaming(Service* service, Exchange exchange,
                                        std::shared_ptr<OpenFile> file, Write request) {
  Body body(*exchange.data, exchange.length);
  Status result = co_await stream_to_file(service, &body, file, request.offset, exchange.length);
  if (!result && result.error().code != Errc::connection) SLUICE_CO_CHECK(co_await body.discard());
  co_return co_await end_write(service, std::move(exchange), std::move(file), std::move(result));
}

struct Extent {
  std::shared_ptr<OpenFile> file;
  VectorItem wire;
};

asio::awaitable<Status> write_vector(Service* service, Exchange exchange,
                                     std::vector<Extent> extents, std::uint64_t size,
                                     bool sync_after) {
  Body body(*exchange.data, size);
  Status result;
  for (const Extent& extent : extents) {
    result = co_await stream_to_file(service, &body, extent.file, extent.wire.offset,
                                     extent.wire.length);
    if (!result) break;
  }
  if (!result && result.error().code != Errc::connection) SLUICE_CO_CHECK(co_await body.discard());
  if (result && sync_after) {
    for (const Extent& extent : extents) {
      if (result)
        result = co_await offload(service->blocking, [file = extent.file] { return file->sync(); });
    }
  }
  auto last = extents.empty() ? nullptr : extents.back().file;
  co_return co_await end_write(service, std::move(exchange), last, std::move(result));
}

}  // namespace

Flow write(Service& service, Exchange exchange, const Write& request) {
  auto file = writable_file(exchange);
  if (!file) return refuse_data(exchange, exchange.length, file.error());
  if (exchange.length == 0) {
    exchange.ok();
    return {};
  }
  ByteView there = exchange.data->in.bytes();
  bool whole = there.size() >= exchange.length && (*file)->tree().is_fast() &&
               (*file)->tree().config().sync != SyncPolicy::always;
  if (!whole) return write_streaming(&service, std::move(exchange), *std::move(file), request);
  ByteView data = there.first(exchange.length);
  Status done = write_all(**file, request.offset, data);
  exchange.data->in.consume(exchange.length);
  if (done) {
    (*file)->wrote(request.offset, data);
    exchange.ok();
  } else {
    exchange.error(done.error());
  }
  return {};
}

Flow writev(Service& service, Exchange exchange, const Writev& request) {
  std::uint64_t size = request.items.total_length();
  std::vector<Extent> extents;
  extents.reserve(request.items.size());
  for (VectorItem item : request.items) {
    Exchange single = exchange;
    single.file = exchange.session->file(item.handle);
    auto file = writable_file(single);
    if (!file) return refuse_data(exchange, size, file.error());
    if (extents.empty() || extents.back().file != *file) ++(*file)->totals.requests;
    extents.push_back({*std::move(file), item});
  }
  return write_vector(&service, std::move(exchange), std::move(extents), size, request.sync);
}

namespace {

Task<Reply> sync_file(BlockingPool* pool, std::shared_ptr<OpenFile> file) {
  SLUICE_CO_CHECK(co_await offload(*pool, [&] { return file->sync(); }));
  co_return Reply{};
}

}  // namespace

Flow sync(Service& service, Exchange exchange, const Sync&) {
  auto file = std::static_pointer_cast<OpenFile>(exchange.file);
  if (!file) return exchange.failed(Errc::not_open, "the handle is not that of an open file");
  Session& session = *exchange.session;
  if (Filler* filler = file->filler()) {
    // While it is filled the client asks how far that is.
    session.spawn_answer(std::move(exchange), filler->sync(&session, std::move(file)), false);
  } else {
    session.spawn_answer(std::move(exchange), sync_file(&service.blocking, std::move(file)), true);
  }
  return {};
}

}  // namespace sluice::disk
