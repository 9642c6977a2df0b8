// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sluice::http {
namespace {

constexpr std::array method_names = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string_view to_text(Method method) { return method_names[static_cast<std::size_t>(method)]; }

std::optional<Method> method_from_text(std::string_view text) {
  auto found = std::find(method_names.begin(), method_names.end(), text);
  if (found == method_names.end()) return std::nullopt;
  return static_cast<Method>(found - method_names.begin());
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (equal_ignoring_case(field, name)) return value;
  }
  return std::nullopt;
}

std::string_view Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

std::optional<std::string> Request::query_value(std::string_view name) const {
  for (std::string_view pair : split(query, '&')) {
    std::size_t equals = pair.find('=');
    auto key = percent_decoded(pair.substr(0, equals), true);
    if (!key || *key != name) continue;
    auto value = percent_decoded(
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (value) return *value;
  }
  return std::nullopt;
}

Response text_response(std::string body, unsigned status) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Response json_response(std::string body, unsigned status) {
  Response response = text_response(std::move(body), status);
  response.content_type = "application/json";
  return response;
}

Response problem(const Error& error) {
  const ErrorRow& row = error_row(error.code);
  Response response = problem(row.http, row.text, error.detail);
  // The name of the error is stable, unlike its text.
  response.body.insert(response.body.size() - 2,
                       fmt::format(",\"code\":{}", json_quoted(row.name)));
  if (row.http == 401)
    response.headers.emplace_back("WWW-Authenticate", "Bearer");  // RFC 9110, 15.5.2
  return response;
}

Response problem(unsigned status, std::string_view title, std::string_view detail) {
  std::string body = fmt::format("{{\"type\":\"about:blank\",\"title\":{},\"status\":{}",
                                 json_quoted(title), status);
  if (!detail.empty()) body += fmt::format(",\"detail\":{}", json_quoted(detail));
  Response response = text_response(body + "}\n", status);
  response.content_type = "application/problem+json";
  return response;
}

Result<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return fail(Errc::invalid_argument, "wrong percent-encoding");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return fail(Errc::invalid_argument, "NUL in the path or query");
    out += c;
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '_' || c == '-' || c == '.';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace sluice::http
