// SPDX-License-Identifier: Apache-2.0
#include "http/local_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>

namespace sluice::http {
namespace {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
using boost::system::error_code;

constexpr std::uint64_t longest_answer = 256 << 20;  // a million clients

tl::unexpected<Error> failed(const std::string& socket, const error_code& error) {
  if (error == boost::beast::error::timeout)
    return fail(Errc::timed_out, socket + ": the server does not answer");
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
                              std::string_view target, std::optional<Duration> patience) {
  asio::io_context context;
  boost::beast::basic_stream<asio::local::stream_protocol> stream(context);
  error_code error;
  stream.socket().connect({socket}, error);
  if (error) return failed(socket, error);
  if (patience) stream.expires_after(*patience);
  bhttp::request<bhttp::empty_body> request;
  request.method_string({method.data(), method.size()});
  request.target({target.data(), target.size()});
  request.set(bhttp::field::host, "localhost");
  request.set(bhttp::field::connection, "close");
  request.prepare_payload();
  bhttp::response_parser<bhttp::string_body> parser;
  parser.body_limit(longest_answer);
  boost::beast::flat_buffer buffer;
  auto keep = [&error](const error_code& happened, std::size_t) { error = happened; };
  bhttp::async_write(stream, request, [&](const error_code& happened, std::size_t) {
    error = happened;
    if (!error) bhttp::async_read(stream, buffer, parser, keep);
  });
  context.run();
  if (error) return failed(socket, error);
  const unsigned status = parser.get().result_int();
  if (status >= 300) return tl::unexpected<Error>(told(status, parser.get().body()));
  return std::move(parser.get().body());
}

}  // namespace sluice::http
