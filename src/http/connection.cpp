// SPDX-License-Identifier: Apache-2.0
// Deadlines: Beast's stream closes itself when the time given by expires_after() has passed,
// whatever is being awaited.
#include "http/connection.h"

#include "base/deadline.h"
#include "base/log.h"

#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <tuple>

namespace sluice::http {
namespace {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

const Logger log("http");

// Why a request could not be read: answered when there is still somebody to answer.
std::optional<Response> answer_to_bad_input(error_code error) {
  if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow) {
    return problem(431, "Request header fields too large");
  }
  if (error == bhttp::error::body_limit) return problem(413, "Request body too large");
  bool is_syntax = error.category() == bhttp::make_error_code(bhttp::error::bad_method).category();
  bool is_end = error == bhttp::error::end_of_stream || error == bhttp::error::partial_message;
  if (is_syntax && !is_end) return problem(400, "Bad request", error.message());
  return std::nullopt;
}

std::string peer_text(const StreamSocket& socket) {
  error_code error;
  auto peer = tcp_endpoint(socket.remote_endpoint(error));
  if (error) return "?";
  if (!peer) return "local";
  return to_text(Endpoint{peer->address().to_string(), peer->port()});
}

// RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT"; the C locale is never changed by this program.
std::string http_date() {
  std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

// A handler's answer, whatever happens in it.
asio::awaitable<Response> answer(const Route* route, Request request) {
  std::string path = request.path;
  try {
    auto result = co_await with_deadline(route->handler(std::move(request)), route->deadline);
    co_return result ? std::move(*result) : problem(result.error());
  } catch (const std::exception& error) {
    if (is_cancellation(std::current_exception())) throw;  // the server stops
    log.error("handler.failed", {{"path", path}, {"bug", error.what()}});
  }
  co_return problem(500, "Internal server error");
}

class BeastConnection final : public Connection {
 public:
  BeastConnection(StreamSocket socket, const Service& service)
      : peer_(peer_text(socket)),
        stream_(std::move(socket)),
        service_(service),
        buffer_(service.limits.header.count) {}

  asio::awaitable<void> run() override {
    while (co_await serve_one()) {
    }
    if (was_answered_) co_await linger();
  }

  void close_if_idle() override {
    if (is_idle_) stream_.cancel();
  }

 private:
  using Parser = bhttp::request_parser<bhttp::string_body>;

  asio::awaitable<bool> serve_one();
  asio::awaitable<error_code> read_header(Parser* parser);
  asio::awaitable<std::optional<Response>> read_body(Parser* parser, std::size_t limit);
  asio::awaitable<bool> send(Response response, bool is_head, bool keep_alive, unsigned version);
  asio::awaitable<void> linger();
  Request request_from(const Parser& parser) const;
  void count(Method method, std::string_view path, const Route* route, unsigned status,
             Clock::time_point begin) const;

  // The route of a request, whose method and parameters are set; or what to answer in its place.
  struct Choice {
    const Route* route = nullptr;
    Response refusal;
  };
  Choice choose(Request* request, std::string_view method, unsigned version) const;

  std::string peer_;
  beast::basic_stream<asio::generic::stream_protocol> stream_;
  const Service& service_;
  beast::flat_buffer buffer_;  // its bound is the header's: a body that does not fit is read
                               // straight into its string
  bool is_first_ = true;
  bool is_idle_ = false;
  bool is_gone_ = false;  // the client, in the middle of a request
  bool was_answered_ =
      false;  // the last thing that happened is an answer that the client may not have read yet
};

asio::awaitable<error_code> BeastConnection::read_header(Parser* parser) {
  if (buffer_.size() == 0) {
    is_idle_ = true;
    stream_.expires_after(is_first_ ? service_.limits.header_time : service_.limits.idle_time);
    auto [error, n] = co_await stream_.async_read_some(
        buffer_.prepare(std::min<std::size_t>(4096, service_.limits.header.count)), as_value);
    is_idle_ = false;
    if (error) co_return error;
    buffer_.commit(n);
  }
  is_first_ = false;
  stream_.expires_after(service_.limits.header_time);
  auto [error, n] = co_await bhttp::async_read_header(stream_, buffer_, *parser, as_value);
  co_return error;
}

// The answer where the body is refused or broken.
asio::awaitable<std::optional<Response>> BeastConnection::read_body(Parser* parser,
                                                                    std::size_t limit) {
  if (parser->is_done()) co_return std::nullopt;
  auto length = parser->content_length();
  if (length && *length > limit) co_return problem(413, "Request body too large");
  parser->body_limit(limit);  // from here on for chunked bodies
  stream_.expires_after(service_.limits.idle_time);
  if (beast::iequals(parser->get()[bhttp::field::expect], "100-continue")) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    auto [error, n] = co_await asio::async_write(stream_, asio::buffer(go_on), as_value);
    is_gone_ = error.failed();
    if (error) co_return std::nullopt;
  }
  auto [error, n] = co_await bhttp::async_read(stream_, buffer_, *parser, as_value);
  if (!error) co_return std::nullopt;
  auto refusal = answer_to_bad_input(error);
  is_gone_ = !refusal;
  co_return refusal;
}

Request BeastConnection::request_from(const Parser& parser) const {
  const auto& message = parser.get();
  Request request;
  std::string_view target(message.target().data(), message.target().size());
  if (!target.starts_with('/')) {  // "http://host/path", which RFC 9112 (3.2.2) lets everybody send
    std::size_t authority = target.find("://");
    std::size_t slash =
        authority == std::string_view::npos ? authority : target.find('/', authority + 3);
    if (slash != std::string_view::npos) target.remove_prefix(slash);
  }
  std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  for (const auto& field : message)
    request.headers.emplace_back(field.name_string(), field.value());
  request.peer = peer_;
  return request;
}

asio::awaitable<bool> BeastConnection::send(Response response, bool is_head, bool keep_alive,
                                            unsigned version) {
  bhttp::response<bhttp::string_body> message;
  message.version(version);
  message.result(response.status);
  if (message.result() == bhttp::status::unknown) message.reason("Error");  // 499, for one
  message.set(bhttp::field::date, http_date());
  if (!response.content_type.empty())
    message.set(bhttp::field::content_type, response.content_type);
  message.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) message.insert(name, value);
  message.keep_alive(keep_alive);
  // RFC 9110, 8.6: none in a 1xx or 204; in the answer to HEAD it is the length that GET would
  // have.
  if (response.status != 204 && response.status >= 200)
    message.content_length(response.body.size());
  if (!is_head && response.status != 204) message.body() = std::move(response.body);
  bhttp::response_serializer<bhttp::string_body> serializer(message);
  stream_.expires_after(service_.limits.idle_time);
  error_code error;
  if (is_head) {
    std::tie(error, std::ignore) =
        co_await bhttp::async_write_header(stream_, serializer, as_value);
  } else {
    std::tie(error, std::ignore) = co_await bhttp::async_write(stream_, serializer, as_value);
  }
  was_answered_ = !error.failed();
  co_return !error.failed() && keep_alive;
}

void BeastConnection::count(Method method, std::string_view path, const Route* route,
                            unsigned status, Clock::time_point begin) const {
  auto time = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin);
  log.debug("request.answered", {{"method", to_text(method)},
                                 {"path", path},
                                 {"code", status},
                                 {"ms", static_cast<double>(time.count()) / 1e6},
                                 {"peer", peer_}});
  if (service_.metrics == nullptr) return;
  std::string_view name = route == nullptr ? std::string_view("none") : route->path;
  service_.metrics
      ->counter("sluice_http_requests_total", "HTTP requests by route and status.",
                {{"route", name}, {"code", std::to_string(status)}})
      .add();
  service_.metrics
      ->histogram("sluice_http_request_seconds", "Time from a request's headers to its answer.",
                  {{"route", name}})
      .observe_ns(static_cast<std::uint64_t>(time.count()));
}

BeastConnection::Choice BeastConnection::choose(Request* request, std::string_view method,
                                                unsigned version) const {
  if (!request->header("Host") && version >= 11) {  // RFC 9112, 3.2
    return {nullptr, problem(400, "Bad request", "the Host header is missing")};
  }
  auto known = method_from_text(method);
  if (!known) return {nullptr, problem(501, "Unknown method")};
  request->method = *known;
  auto match = service_.router.find(*known, request->path);
  if (!match) return {nullptr, problem(match.error())};
  if (match->route != nullptr) {
    request->parameters = std::move(match->parameters);
    return {match->route, {}};
  }
  if (match->allowed.empty()) return {nullptr, problem(404, "Not found", "no such path")};
  Response refusal = problem(405, "Method not allowed", "allowed: " + match->allowed);
  if (*known == Method::options) refusal = text_response("", 204);
  refusal.headers.emplace_back("Allow", match->allowed);
  return {nullptr, std::move(refusal)};
}

// One request and its answer; false when the connection is to be closed.
asio::awaitable<bool> BeastConnection::serve_one() {
  was_answered_ = false;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(service_.limits.header.count));
  parser.body_limit(boost::none);  // known when the route is
  if (error_code error = co_await read_header(&parser); error.failed()) {
    auto refusal = answer_to_bad_input(error);
    if (refusal) co_await send(std::move(*refusal), false, false, 11);
    co_return false;
  }
  auto begin = Clock::now();
  const auto& head = parser.get();
  unsigned version = head.version();
  bool keep_alive = head.keep_alive();
  Request request = request_from(parser);
  Choice choice = choose(&request, head.method_string(), version);
  Method method = request.method;
  std::string path = request.path;
  Response response = std::move(choice.refusal);
  if (choice.route != nullptr) {
    auto refusal = co_await read_body(&parser, choice.route->body_limit);
    if (is_gone_) co_return false;
    request.body = std::move(parser.get().body());
    response = refusal ? std::move(*refusal) : co_await answer(choice.route, std::move(request));
  }
  // A body that was not read would be taken for the next request.
  keep_alive = keep_alive && parser.is_done() && !service_.is_stopping;
  count(method, path, choice.route, response.status, begin);
  co_return co_await send(std::move(response), method == Method::head, keep_alive, version);
}

// Closing with unread bytes would send a reset that may overtake the answer: the client gets a
// second to read it.
asio::awaitable<void> BeastConnection::linger() {
  constexpr std::size_t max_rest = 256 << 10;
  error_code ignored;
  stream_.socket().shutdown(StreamSocket::shutdown_send, ignored);
  if (ignored) co_return;
  stream_.expires_after(std::chrono::seconds(1));
  std::array<char, 4096> rest;
  for (std::size_t taken = 0; taken < max_rest;) {
    auto [error, n] = co_await stream_.async_read_some(asio::buffer(rest), as_value);
    if (error) co_return;
    taken += n;
  }
}

}  // namespace

std::optional<tcp::endpoint> tcp_endpoint(const asio::generic::stream_protocol::endpoint& generic) {
  const int family = generic.protocol().family();
  tcp::endpoint out;
  if ((family != AF_INET && family != AF_INET6) || generic.size() > out.capacity()) return {};
  std::memcpy(out.data(), generic.data(), generic.size());
  out.resize(generic.size());
  return out;
}

std::unique_ptr<Connection> make_connection(StreamSocket socket, const Service& service) {
  return std::make_unique<BeastConnection>(std::move(socket), service);
}

}  // namespace sluice::http
