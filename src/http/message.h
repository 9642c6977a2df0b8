// SPDX-License-Identifier: Apache-2.0
// A request as a handler sees it and the response that it gives back; no word of the HTTP library
// below.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options };

// "GET"; an unknown method has no value here.
std::string_view to_text(Method method);
std::optional<Method> method_from_text(std::string_view text);

using Field = std::pair<std::string, std::string>;
using Fields = std::vector<Field>;

struct Request {
  Method method = Method::get;
  std::string path;   // as received, still percent-encoded, without the query
  std::string query;  // after the '?', percent-encoded
  Fields headers;
  Fields parameters;  // of the route's path, decoded: {"id", "5"} for "/jobs/{id}"
  std::string body;
  std::string peer;  // "192.0.2.1:40000", for logs

  // The first header of that name, whatever its case.
  std::optional<std::string_view> header(std::string_view name) const;
  // A parameter of the path; one that the route does not have is empty.
  std::string_view parameter(std::string_view name) const;
  // The first query parameter of that name, decoded.
  std::optional<std::string> query_value(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  Fields headers;  // besides Content-Type and Content-Length
};

Response text_response(std::string body, unsigned status = 200);
Response json_response(std::string body, unsigned status = 200);

// RFC 9457 (application/problem+json). The error's row gives the status; its detail is what the
// client reads.
Response problem(const Error& error);
Response problem(unsigned status, std::string_view title, std::string_view detail = {});

// "%2F" -> "/"; an error for what is cut off, not hexadecimal, or a NUL. '+' is a space in queries
// only.
Result<std::string> percent_decoded(std::string_view text, bool plus_is_space = false);
// Letters, digits and "_-." stay.
std::string percent_encoded(std::string_view text);

}  // namespace sluice::http
