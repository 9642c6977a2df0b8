// SPDX-License-Identifier: Apache-2.0
// How a request finds its handler: one row per request, made by on<&handler>() from the handler's
// signature and the constants of its request type. A handler is one of
//   Result<Reply> f(Storage&, const Call&, const Request&)
//       may block: placed by the request's cost (loop or blocking pool)
//   Task<Reply> f(Storage&, Answer, Request)
//       a coroutine beside the others, may send parts
//   Flow f(Storage&, Exchange, const Request&)
//       data: answers at once or returns the coroutine that will
//   Result<Reply> f(Session&, const Request&)
//       about the connection itself, answered at once
// The first two may have a quick twin for answers that are at hand, which is asked first, on the loop:
//   std::optional<Result<Reply>> f(Storage&, const Call&, const Request&)
//       never waits; nothing: the handler shall do it
// Storage is the role's own type derived from Service. An id without a row is kXR_InvalidRequest.
#pragma once

#include "base/result.h"
#include "xroot/protocol.h"
#include "xroot/requests/all.h"

#include <boost/asio/awaitable.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice {
class BlockingPool;
}

namespace sluice::xroot::server {

class Session;
class Service;
class File;
class AccessNote;
struct Channel;
struct Caller;

// A whole answer.
struct Reply {
  ResponseStatus status = ResponseStatus::ok;
  std::vector<std::byte> body;
  std::shared_ptr<File>
      opened;  // gets a handle, which is written into the first four bytes of the body

  // Text with the NUL at its end that clients cut off.
  static Reply text(std::string_view content) {
    Reply reply;
    reply.body.reserve(content.size() + 1);
    Writer(reply.body).c_text(content);
    return reply;
  }
};

// What a handler may know of a request besides its fields. Safe to read in the blocking pool.
struct Call {
  std::shared_ptr<File>
      file;  // what the request's handle refers to; null when it is none or not valid
  std::shared_ptr<const Caller> caller;  // who asks
};

// Nothing: the answer is composed. Else the rest of the work, in its place in the order of the
// connection's requests; an error means that the connection cannot go on.
using Flow = std::optional<asio::awaitable<Status>>;

// One request being answered on the loop.
struct Exchange {
  Session* session = nullptr;
  Channel* out = nullptr;   // where the answer goes
  Channel* data = nullptr;  // where data that follow the request come from
  StreamId stream{};
  std::uint16_t id = 0;
  std::uint32_t length = 0;  // of the frame: for write and pgwrite the data that follow
  std::shared_ptr<File> file;
  bool announced = false;  // kXR_waitresp was sent: the answer travels inside an unsolicited frame
  std::shared_ptr<AccessNote> note = {};  // its line of the access log; null: it has none

  void ok(ByteView body = {}) const;
  void error(const Error& failure) const;
  void reply(Result<Reply> answer) const;
  Flow failed(Errc code, std::string detail) const {
    error(Error{code, std::move(detail), std::source_location::current()});
    return {};
  }
  // Any one frame with the stream id of the request.
  void frame(ResponseStatus status, ByteView body) const;
  // The answer went out another way than by these.
  void sent() const;
};

// The other end of a coroutine handler's answer.
class Answer {
 public:
  Answer(Exchange exchange, Call call) : call(std::move(call)), exchange_(std::move(exchange)) {}

  // Sends part of the answer and waits until the connection can take more.
  Task<void> part(std::vector<std::byte> body);
  BlockingPool& blocking() const;

  Call call;

 private:
  Exchange exchange_;
};

struct Row {
  std::uint16_t id = 0;
  std::string_view name;
  Gate gate = Gate::authorised;
  std::size_t max_payload = 0;
  bool streams_data = false;  // what follows the header is read by the handler
  Flow (*start)(Exchange exchange, FixedPart fixed, ByteView payload) = nullptr;
};

inline constexpr std::size_t request_count = AllRequests::size;
using RequestTable = std::array<Row, request_count>;

// Rows in an array by id; a row outside the protocol or a second one for the same id does not
// compile.
template <class... Rows>
consteval RequestTable index_by_id(const Rows&... lists) {
  RequestTable table{};
  auto add = [&table](const Row& row) {
    Row& place = table.at(row.id - first_request_id);
    if (place.start != nullptr) throw "two rows for one request";
    place = row;
  };
  (
      [&add](const auto& list) {
        for (const Row& row : list) add(row);
      }(lists),
      ...);
  return table;
}

// The row of a handler, from its signature. Defined in on.h, which only the tables include.
template <auto handler, auto quick = nullptr>
consteval Row on();

}  // namespace sluice::xroot::server
