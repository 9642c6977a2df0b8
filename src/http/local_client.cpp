// SPDX-License-Identifier: Apache-2.0
#include "http/local_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <sys/socket.h>

namespace sluice::http {
namespace {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
using boost::system::error_code;
using Socket = asio::local::stream_protocol::socket;

constexpr std::uint64_t longest_answer = 256 << 20;  // a million clients
constexpr timeval patience{30, 0};

tl::unexpected<Error> failed(const std::string& socket, const error_code& error) {
  return fail(Errc::connection, socket + ": " + error.message() +
                                    "; name the directory of a running server with --data");
}

// What a problem document says.
Error told(unsigned status, const std::string& body) {
  error_code error;
  const auto parsed = boost::json::parse(body, error);
  const auto* object = error ? nullptr : parsed.if_object();
  const auto* detail = object != nullptr ? object->if_contains("detail") : nullptr;
  const auto* text = detail != nullptr ? detail->if_string() : nullptr;
  Errc code = status >= 500 ? Errc::server : Errc::invalid_argument;
  if (status == 404) code = Errc::not_found;
  if (status == 409) code = Errc::conflict;
  return {code, text != nullptr ? std::string(*text) : "HTTP status " + std::to_string(status),
          std::source_location::current()};
}

}  // namespace

Result<std::string> ask_local(const std::string& socket, std::string_view method,
                              std::string_view target) {
  asio::io_context context;
  Socket stream(context);
  error_code error;
  stream.connect({socket}, error);
  if (error) return failed(socket, error);
  ::setsockopt(stream.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  bhttp::request<bhttp::empty_body> request;
  request.method_string({method.data(), method.size()});
  request.target({target.data(), target.size()});
  request.set(bhttp::field::host, "localhost");
  request.set(bhttp::field::connection, "close");
  request.prepare_payload();
  bhttp::write(stream, request, error);
  if (error) return failed(socket, error);
  bhttp::response_parser<bhttp::string_body> parser;
  parser.body_limit(longest_answer);
  boost::beast::flat_buffer buffer;
  bhttp::read(stream, buffer, parser, error);
  if (error) return failed(socket, error);
  const unsigned status = parser.get().result_int();
  if (status >= 300) return tl::unexpected<Error>(told(status, parser.get().body()));
  return std::move(parser.get().body());
}

}  // namespace sluice::http
