// SPDX-License-Identifier: Apache-2.0
// kXR_chkpoint. "execute" carries the header of another request, whose data follow on the stream:
// what they will overwrite is saved first, then the request is served as if it had come alone.
#include "base/offload.h"
#include "disk/checkpoint.h"
#include "disk/data_requests.h"
#include "disk/file_write.h"
#include "xroot/responses.h"
#include "xroot/server/session.h"

#include <algorithm>

namespace sluice::disk {
namespace {

using xroot::CheckpointCode;

asio::awaitable<Status> change_checkpoint(Service* service, Exchange exchange,
                                          CheckpointCode code) {
  auto file = std::static_pointer_cast<OpenFile>(exchange.file);
  Status done = co_await offload(service->blocking, [&] {
    return code == CheckpointCode::begin ? file->begin_checkpoint()
                                         : file->end_checkpoint(code == CheckpointCode::commit);
  });
  if (done) {
    exchange.ok();
  } else {
    exchange.error(done.error());
  }
  co_return Status{};
}

Flow tell_usage(const Exchange& exchange, const OpenFile& file) {
  Checkpoint* checkpoint = file.checkpoint();
  std::uint64_t limit = file.tree().config().checkpoint_limit.count;
  xroot::CheckpointAnswer answer;
  answer.max_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, UINT32_MAX));
  answer.used_bytes = checkpoint ? static_cast<std::uint32_t>(checkpoint->used()) : 0;
  std::vector<std::byte> body;
  answer.encode(body);
  exchange.ok(body);
  return {};
}

// What the nested request will change.
struct Change {
  bool truncates = false;
  std::uint64_t offset = 0;  // or the new size
  std::uint64_t size = 0;
};

asio::awaitable<Status> protect(Service* service, std::shared_ptr<OpenFile> file,
                                std::vector<Change> changes) {
  if (!file) co_return fail(Errc::not_open, "the handle is not that of an open file");
  if (!file->checkpoint()) co_return fail(Errc::not_found, file->path() + " has no checkpoint");
  co_return co_await offload(service->blocking, [&]() -> Status {
    for (const Change& change : changes) {
      SLUICE_CHECK(change.truncates
                       ? file->checkpoint()->protect_truncate(change.offset)
                       : file->checkpoint()->protect_write(change.offset, change.size));
    }
    return {};
  });
}

// One write or pgwrite: its data follow.
template <class Request>
asio::awaitable<Status> execute_write(Service* service, Exchange exchange, Request request,
                                      Flow (*serve)(Service&, Exchange, const Request&)) {
  exchange.file = exchange.session->file(request.handle);
  Status saved = co_await protect(service, std::static_pointer_cast<OpenFile>(exchange.file),
                                  {{false, request.offset, exchange.length}});
  Flow rest = saved ? serve(*service, exchange, request)
                    : refuse_data(exchange, exchange.length, saved.error());
  if (!rest) co_return Status{};
  co_return co_await std::move(*rest);
}

asio::awaitable<Status> execute_truncate(Service* service, Exchange exchange,
                                         xroot::Truncate request) {
  auto file = std::static_pointer_cast<OpenFile>(exchange.session->file(request.handle));
  Status done = co_await protect(service, file, {{true, request.size, 0}});
  if (done)
    done = co_await offload(service->blocking, [&] { return file->truncate(request.size); });
  if (done) {
    exchange.ok();
  } else {
    exchange.error(done.error());
  }
  co_return Status{};
}

// writev: first the list, then the data of all its items, which must be of one file.
asio::awaitable<Status> execute_vector(Service* service, Exchange exchange,
                                       xroot::RequestHeader header) {
  xroot::server::Body list(*exchange.data, exchange.length);
  std::vector<std::byte> kept;
  std::array<std::byte, 4096> piece;
  while (list.left() > 0) {
    SLUICE_CO_TRY(std::size_t n, co_await list.receive(piece));
    kept.insert(kept.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(n));
  }
  auto request = xroot::Writev::decode(header.body, kept);
  if (!request) {
    exchange.error(request.error());
    exchange.session->close_after_answer();  // nobody knows where its data end
    co_return Status{};
  }
  std::vector<Change> changes;
  bool one_file = true;
  std::uint32_t handle = 0;
  for (xroot::VectorItem item : request->items) {
    if (changes.empty()) handle = item.handle;
    one_file = one_file && item.handle == handle;
    changes.push_back({false, item.offset, item.length});
  }
  auto file = std::static_pointer_cast<OpenFile>(exchange.session->file(handle));
  Status saved = one_file ? co_await protect(service, file, std::move(changes))
                          : Status(fail(Errc::unsupported, "a checkpoint covers one file"));
  Flow rest = saved ? writev(*service, exchange, *request)
                    : refuse_data(exchange, request->items.total_length(), saved.error());
  if (!rest) co_return Status{};
  co_return co_await std::move(*rest);
}

template <class Request>
Flow start_write(Service& service, Exchange exchange, const xroot::RequestHeader& header,
                 Flow (*serve)(Service&, Exchange, const Request&)) {
  auto request = Request::decode(header.body, {});
  if (!request) return refuse_data(exchange, exchange.length, request.error());
  return execute_write<Request>(&service, std::move(exchange), *request, serve);
}

Flow execute(Service& service, Exchange exchange, const xroot::RequestHeader& header) {
  auto refuse = [&](Errc code, std::string why) {
    exchange.session->close_after_answer();  // what follows would be taken for requests
    return exchange.failed(code, std::move(why));
  };
  if (header.stream != exchange.stream) {
    return refuse(Errc::invalid_argument, "the request to execute has another stream id");
  }
  exchange.length = static_cast<std::uint32_t>(header.length);
  bool is_list = header.id == xroot::Writev::id;
  std::uint64_t most = is_list ? xroot::Writev::max_payload : service.config.max_frame.count;
  if (exchange.length > most) return refuse(Errc::too_long, "the request to execute is too long");
  if (is_list) return execute_vector(&service, std::move(exchange), header);
  if (header.id == xroot::Write::id)
    return start_write(service, std::move(exchange), header, &write);
  if (header.id == xroot::Pgwrite::id)
    return start_write(service, std::move(exchange), header, &pgwrite);
  if (exchange.length != 0)
    return refuse(Errc::invalid_argument, "truncate in a checkpoint takes a handle only");
  auto request = xroot::Truncate::decode(header.body, {});
  if (!request) return exchange.failed(request.error().code, request.error().detail);
  return execute_truncate(&service, std::move(exchange), *request);
}

}  // namespace

Flow chkpoint(Service& service, Exchange exchange, const xroot::Chkpoint& request) {
  if (request.code == CheckpointCode::execute) {
    return execute(service, std::move(exchange), request.nested);
  }
  if (!exchange.file)
    return exchange.failed(Errc::not_open, "the handle is not that of an open file");
  if (request.code == CheckpointCode::query) {
    return tell_usage(exchange, static_cast<const OpenFile&>(*exchange.file));
  }
  return change_checkpoint(&service, std::move(exchange), request.code);
}

}  // namespace sluice::disk
