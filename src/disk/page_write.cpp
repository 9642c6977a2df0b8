// SPDX-License-Identifier: Apache-2.0
// kXR_pgwrite: pages are verified and written a piece at a time as they arrive. Pages with a wrong
// checksum are written too, as stock servers do; the client is told which, sends them again, and
// close fails while one is left.
#include "base/checksum.h"
#include "disk/data_requests.h"
#include "disk/file_write.h"
#include "xroot/responses.h"
#include "xroot/server/session.h"

#include <cstring>

namespace sluice::disk {

using namespace xroot;
using namespace xroot::server;

namespace {

constexpr std::size_t crc_size = page_unit - page_size;

// Bytes of file data in a frame of `wire` bytes at `offset`; nullopt when the layout does not add
// up.
std::optional<std::uint64_t> data_in(std::uint64_t offset, std::uint64_t wire) {
  std::uint64_t data = 0;
  std::uint64_t first = page_size - offset % page_size;
  for (std::uint64_t room = first; wire > 0; room = page_size) {
    if (wire <= crc_size) return std::nullopt;
    std::uint64_t page = std::min(wire - crc_size, room);
    data += page;
    wire -= page + crc_size;
  }
  return data;
}

// The pages of one request so far.
struct Progress {
  std::uint64_t offset = 0;  // in the file, of the next page
  std::uint64_t left = 0;    // bytes of data to come
  BadPages bad;
};

// Verifies and writes all whole units at the head of `bytes`; how many bytes those are.
Result<std::size_t> take_pages(OpenFile& file, Progress& at, ByteView bytes) {
  constexpr std::size_t most = 64;
  std::array<iovec, most> pieces;
  std::size_t used = 0;
  while (at.left > 0) {
    std::size_t count = 0;
    std::uint64_t begin = at.offset;
    while (count < most && at.left > 0) {
      std::size_t page = std::min<std::uint64_t>(at.left, page_size - at.offset % page_size);
      if (bytes.size() - used < page + crc_size) break;
      ByteView data = bytes.subspan(used + crc_size, page);
      if (crc32c(data) == load_be<std::uint32_t>(bytes.subspan(used).first<crc_size>())) {
        file.page_errors().good(at.offset, page);
      } else {
        if (at.bad.offsets.size() == BadPages::max_in_request) {
          return fail(Errc::too_many_errors,
                      "more than 128 pages of one request have wrong checksums");
        }
        SLUICE_CHECK(file.page_errors().bad(at.offset));
        if (at.bad.offsets.empty()) at.bad.first_length = static_cast<std::uint16_t>(page);
        at.bad.last_length = static_cast<std::uint16_t>(page);
        at.bad.offsets.push_back(at.offset);
      }
      pieces[count++] = {const_cast<std::byte*>(data.data()), page};
      used += page + crc_size;
      at.offset += page;
      at.left -= page;
    }
    if (count == 0) break;
    SLUICE_CHECK(write_pages(file, begin, std::span<const iovec>(pieces).first(count)));
  }
  return used;
}

void answer(const Exchange& exchange, const Pgwrite& request, const Progress& at) {
  PageStatus status;
  status.stream = exchange.stream;
  status.request = Pgwrite::id;
  status.offset = request.offset;
  std::vector<std::byte> bad;
  if (!at.bad.offsets.empty()) at.bad.encode(bad);
  status.data_length = static_cast<std::uint32_t>(bad.size());
  std::vector<std::byte> frame;
  frame.resize(response_header_size);
  ResponseHeader{exchange.stream, ResponseStatus::status, PageStatus::wire_size}.encode(
      ByteSpan(frame).first<response_header_size>());
  status.encode(frame);
  Writer(frame).bytes(bad);
  ByteSpan out = exchange.out->out.reserve(frame.size());
  std::memcpy(out.data(), frame.data(), frame.size());
  exchange.out->out.commit(frame.size());
  exchange.sent();
}

// A page that arrived in part, between two pieces.
struct TornPage {
  std::array<std::byte, page_unit> bytes;
  std::size_t size = 0;
};

// Receives what is there behind what is left of a torn page and takes whole pages from it; bytes received, 0 when there
// are none.
Result<std::size_t> receive_piece(net::Workspace& space, server::Body& body, OpenFile& file,
                                  Progress& at, TornPage& torn) {
  std::memcpy(space.in().data(), torn.bytes.data(), torn.size);
  SLUICE_TRY(std::size_t n, body.try_receive(space.in().subspan(torn.size)));
  ByteView bytes = space.in().first(torn.size + n);
  SLUICE_TRY(std::size_t used, take_pages(file, at, bytes));
  torn.size = bytes.size() - used;
  std::memcpy(torn.bytes.data(), bytes.data() + used, torn.size);
  return n;
}

Task<void> receive_pages(Service* service, server::Body* body, std::shared_ptr<OpenFile> file,
                         Progress* at) {
  TornPage torn;
  co_return co_await take_in_turns(service, body, file, body->left(), [&](net::Workspace& space) {
    return receive_piece(space, *body, *file, *at, torn);
  });
}

asio::awaitable<Status> write_paged(Service* service, Exchange exchange,
                                    std::shared_ptr<OpenFile> file, Pgwrite request,
                                    std::uint64_t size) {
  server::Body body(*exchange.data, exchange.length);
  Progress at{request.offset, size, {}};
  Status result = co_await receive_pages(service, &body, file, &at);
  if (!result && result.error().code != Errc::connection) SLUICE_CO_CHECK(co_await body.discard());
  if (result && file->tree().config().sync == SyncPolicy::always) {
    result = co_await offload(service->blocking, [file] { return file->sync(); });
  }
  if (!result)
    co_return co_await end_write(service, std::move(exchange), std::move(file), std::move(result));
  answer(exchange, request, at);
  co_return Status{};
}

}  // namespace

Flow pgwrite(Service& service, Exchange exchange, const Pgwrite& request) {
  auto size = data_in(request.offset, exchange.length);
  if (!size || *size == 0) {
    // Where the pages are torn nobody knows: the stream cannot be trusted any more.
    exchange.session->close_after_answer();
    return exchange.failed(Errc::invalid_argument, "the pages of pgwrite do not add up");
  }
  auto file = writable_file(exchange);
  if (!file) return refuse_data(exchange, exchange.length, file.error());
  if (request.retry && *size > page_size) {
    return refuse_data(
        exchange, exchange.length,
        {Errc::invalid_argument, "a retry carries one page", std::source_location::current()});
  }
  return write_paged(&service, std::move(exchange), *std::move(file), request, *size);
}

}  // namespace sluice::disk
