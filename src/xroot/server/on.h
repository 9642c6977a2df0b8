// SPDX-License-Identifier: Apache-2.0
// The definition of on<&handler>(): reads the handler's signature and writes the function that
// decodes the request, finds its file, decides where the handler runs and gives its answer.
// Included by the files that hold tables.
#pragma once

#include "base/offload.h"
#include "xroot/server/authorization.h"
#include "xroot/server/session.h"

#include <memory>
#include <type_traits>

namespace sluice::xroot::server {
namespace detail {

enum class Kind { blocking, coroutine, data, connection };

template <class Function>
struct Signature;
template <class S, class R>
struct Signature<Result<Reply> (*)(S&, const Call&, const R&)> {
  static constexpr Kind kind = Kind::blocking;
  using Storage = S;
  using Request = R;
};
template <class S, class R>
struct Signature<Task<Reply> (*)(S&, Answer, R)> {
  static constexpr Kind kind = Kind::coroutine;
  using Storage = S;
  using Request = R;
};
template <class S, class R>
struct Signature<Flow (*)(S&, Exchange, const R&)> {
  static constexpr Kind kind = Kind::data;
  using Storage = S;
  using Request = R;
};
template <class R>
struct Signature<Result<Reply> (*)(Session&, const R&)> {
  static constexpr Kind kind = Kind::connection;
  using Storage = Session;
  using Request = R;
};

// The bytes of a request that is served later, when the buffer it came in has long been used again.
struct KeptRequest {
  std::array<std::byte, 16> fixed{};
  std::vector<std::byte> payload;

  KeptRequest(FixedPart head, ByteView tail) : payload(tail.begin(), tail.end()) {
    std::copy(head.begin(), head.end(), fixed.begin());
  }
};

template <auto handler, class Storage, class Request>
Task<Reply> in_pool(Storage* storage, Call call, std::shared_ptr<const KeptRequest> kept) {
  co_return co_await offload(storage->blocking, [&]() -> Result<Reply> {
    SLUICE_TRY(Request request, Request::decode(kept->fixed, kept->payload));
    return handler(*storage, call, request);
  });
}

template <auto handler, class Storage, class Request>
Task<Reply> beside(Storage* storage, Answer answer, std::shared_ptr<const KeptRequest> kept) {
  SLUICE_CO_TRY(Request request, Request::decode(kept->fixed, kept->payload));
  co_return co_await handler(*storage, std::move(answer), std::move(request));
}

// Requests that end or change a file: the next one for the same file waits for them.
template <class Request>
constexpr bool changes_file =
    Request::id == Close::id || Request::id == Truncate::id || Request::id == Sync::id ||
    Request::id == Chkpoint::id || Request::id == Clone::id;

template <class Request>
std::shared_ptr<File> file_of(Session& session, const Request& request) {
  if constexpr (requires { request.handle; }) return session.file(request.handle);
  return nullptr;
}

// A token that is not known yet may have to wait until it is verified.
template <class Request>
bool knows_who_asks(const Service& service, const Request& request) {
  if constexpr (requires { std::string_view(request.path); })
    return is_asked_at_once(service, request.path);
  else
    return !service.gatekeeper->takes_tokens();
}

template <class Request>
bool runs_on_loop(const Service& service, const File* file, const Request& request) {
  if constexpr (Request::cost == Cost::light) return true;
  if constexpr (Request::cost == Cost::metadata) {
    if (Request::id == Close::id)
      return service.metadata_inline() && !(file && file->slow_to_close());
    return service.metadata_inline() && knows_who_asks(service, request);
  }
  return false;
}

template <auto handler, auto quick>
Flow start(Exchange exchange, FixedPart fixed, ByteView payload);

// Waits until nobody changes the file of the request any more, then starts it.
template <auto handler, auto quick>
asio::awaitable<Status> start_later(Exchange exchange, std::shared_ptr<const KeptRequest> kept) {
  while (exchange.file->changing != 0) co_await exchange.session->next_answer();
  if (Flow flow = start<handler, quick>(exchange, kept->fixed, kept->payload))
    co_return co_await std::move(*flow);
  co_return Status{};
}

// A data request whose answer or data travel on a bound stream, in its turn there.
template <auto handler, class Storage, class Request>
asio::awaitable<Status> on_stream(Storage* storage, Exchange exchange,
                                  std::shared_ptr<const KeptRequest> kept) {
  SLUICE_CO_TRY(Request request, Request::decode(kept->fixed, kept->payload));
  if (Flow flow = handler(*storage, exchange, request)) SLUICE_CO_CHECK(co_await std::move(*flow));
  exchange.out->out.flush();
  co_return co_await exchange.out->out.drain();
}

template <auto handler, class Storage, class Request>
Flow start_other(Storage& storage, Exchange exchange, const Request& request, FixedPart fixed,
                 ByteView payload) {
  Call call{exchange.file, exchange.session->caller()};
  if constexpr (Signature<decltype(handler)>::kind == Kind::blocking) {
    if (runs_on_loop(storage, call.file.get(), request)) {
      exchange.reply(handler(storage, call, request));
      return {};
    }
    auto kept = std::make_shared<const KeptRequest>(fixed, payload);
    exchange.session->spawn_answer(
        exchange, in_pool<handler, Storage, Request>(&storage, call, kept), changes_file<Request>);
  } else {
    auto kept = std::make_shared<const KeptRequest>(fixed, payload);
    Answer answer(exchange, std::move(call));
    exchange.session->spawn_answer(
        exchange, beside<handler, Storage, Request>(&storage, std::move(answer), kept),
        changes_file<Request>);
  }
  return {};
}

template <auto handler, class Storage, class Request>
Flow start_data(Storage& storage, Exchange exchange, const Request& request, FixedPart fixed,
                ByteView payload) {
  if constexpr (requires { request.path_id; }) {
    Channel* channel = exchange.session->channel(request.path_id);
    if (channel == nullptr) {
      exchange.error({Errc::invalid_argument, "no such stream is bound to the session", {}});
      // The data of a write would come nobody knows where: the connection cannot go on.
      if (streams_data_of<Request>) exchange.session->close_after_answer();
      return {};
    }
    if (channel->path != 0) {
      (streams_data_of<Request> ? exchange.data : exchange.out) = channel;
      exchange.session->enqueue(
          channel->path,
          on_stream<handler, Storage, Request>(
              &storage, std::move(exchange), std::make_shared<const KeptRequest>(fixed, payload)));
      return {};
    }
  }
  return handler(storage, std::move(exchange), request);
}

// Its line of the access log begins, where it has one.
template <class Request>
void begin_note(Exchange& exchange, const Request& request) {
  const AccessLog* access = exchange.session->service().access_log;
  if (access == nullptr || exchange.note) return;
  if (Request::cost == Cost::data && !access->has_data_requests()) return;
  exchange.note = exchange.session->begin_note(Request::name);
  describe(*exchange.note, request, exchange.file ? exchange.file->label() : std::string_view());
  if (Request::id == Close::id && exchange.file) add_totals(*exchange.note, *exchange.file);
}

template <auto handler, auto quick>
Flow start(Exchange exchange, FixedPart fixed, ByteView payload) {
  using Shape = Signature<decltype(handler)>;
  using Request = typename Shape::Request;
  using Storage = typename Shape::Storage;
  Session& session = *exchange.session;
  Result<Request> request = Request::decode(fixed, payload);
  if (!request) {
    exchange.error(request.error());
    if (streams_data_of<Request>) session.close_after_answer();  // nobody knows where its data end
    return {};
  }
  if constexpr (Shape::kind == Kind::connection) {
    Result<Reply> answer = handler(session, *request);
    begin_note(exchange, *request);  // a login says who its line is about
    exchange.reply(std::move(answer));
    return {};
  } else {
    auto& storage = static_cast<Storage&>(session.service());
    exchange.file = file_of(session, *request);
    begin_note(exchange, *request);
    if (Request::cost == Cost::data && exchange.file) ++exchange.file->totals.requests;
    if (exchange.file && exchange.file->changing != 0) {
      return start_later<handler, quick>(exchange,
                                         std::make_shared<const KeptRequest>(fixed, payload));
    }
    if constexpr (!std::is_null_pointer_v<decltype(quick)>) {
      if (auto answer = quick(storage, Call{exchange.file, session.caller()}, *request)) {
        exchange.reply(std::move(*answer));
        return {};
      }
    }
    if constexpr (Request::id == Close::id) session.take_file(request->handle);
    if constexpr (Shape::kind == Kind::data) {
      return start_data<handler>(storage, std::move(exchange), *request, fixed, payload);
    } else {
      return start_other<handler>(storage, std::move(exchange), *request, fixed, payload);
    }
  }
}

}  // namespace detail

template <auto handler, auto quick>
consteval Row on() {
  using Request = typename detail::Signature<decltype(handler)>::Request;
  Row row;
  row.id = Request::id;
  row.name = Request::name;
  row.gate = Request::gate;
  row.max_payload = Request::max_payload;
  if constexpr (requires { Request::streams_data; }) row.streams_data = Request::streams_data;
  row.start = &detail::start<handler, quick>;
  return row;
}

}  // namespace sluice::xroot::server
