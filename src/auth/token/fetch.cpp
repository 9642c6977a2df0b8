// SPDX-License-Identifier: Apache-2.0
#include "auth/token/fetch.h"

#include "auth/file_text.h"
#include "base/fd.h"
#include "base/text.h"

#include <curl/curl.h>
#include <openssl/err.h>

#include <array>
#include <mutex>
#include <optional>

namespace sluice::auth::jwt {
namespace {

using Easy = Owned<CURL, &::curl_easy_cleanup>;
using Url = Owned<CURLU, &::curl_url_cleanup>;
using CurlText = Owned<char, &::curl_free>;

struct UrlParts {
  std::string scheme;
  std::string host;
  bool has_user = false;
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (::curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  CurlText owner(text);
  return text;
}

// Taken apart by the same library that connects: no two opinions about where a host's name ends.
std::optional<UrlParts> parts_of(const std::string& text) {
  Url url(::curl_url());
  if (!url || text.size() > 4096 || text.find_first_of("\t\r\n ") != std::string::npos ||
      ::curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  return UrlParts{part_of(url.get(), CURLUPART_SCHEME), part_of(url.get(), CURLUPART_HOST),
                  !part_of(url.get(), CURLUPART_USER).empty()};
}

bool is_loopback(const UrlParts& url) {
  return url.host == "localhost" || url.host == "[::1]" || url.host == "127.0.0.1";
}

struct Body {
  std::string text;
  bool is_too_large = false;
};

std::size_t append_body(char* data, std::size_t size, std::size_t count, void* body) {
  auto& out = *static_cast<Body*>(body);
  if (size * count > max_document - out.text.size()) {
    out.is_too_large = true;
    return 0;
  }
  out.text.append(data, size * count);
  return size * count;
}

void set_limits(CURL* curl, const FetchRules& rules, bool is_local) {
  auto timeout = static_cast<long>(rules.timeout.count());
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
  ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout);
  ::curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, static_cast<long>(max_document));
  ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_local ? "http,https" : "https");
  ::curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  ::curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, is_local ? 0L : 1L);
  ::curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 3L);
  if (is_local) ::curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  if (rules.ca_file.empty() && rules.ca_directory.empty()) return;
  const auto or_none = [](const std::string& path) {
    return path.empty() ? nullptr : path.c_str();
  };
  ::curl_easy_setopt(curl, CURLOPT_CAINFO, or_none(rules.ca_file));
  ::curl_easy_setopt(curl, CURLOPT_CAPATH, or_none(rules.ca_directory));
}

}  // namespace

bool is_on_loopback(const std::string& url) {
  auto parts = parts_of(url);
  return parts && is_loopback(*parts);
}

Status check_url(const std::string& url) {
  auto parts = parts_of(url);
  std::string shown = json_quoted(std::string_view(url).substr(0, 128));
  if (!parts || parts->has_user || parts->host.empty())
    return fail(Errc::usage, shown + " is no URL of a web server");
  if (parts->scheme != "https" && !(parts->scheme == "http" && is_loopback(*parts)))
    return fail(Errc::usage, shown + " does not begin with https://");
  return {};
}

Result<std::string> fetch_url(const std::string& url, const FetchRules& rules) {
  SLUICE_CHECK(check_url(url));
  static std::once_flag once;
  std::call_once(once, [] { ::curl_global_init(CURL_GLOBAL_DEFAULT); });
  Easy curl(::curl_easy_init());
  if (!curl) return fail(Errc::no_memory, "a request to " + url);
  Body body;
  std::array<char, CURL_ERROR_SIZE> why{};
  ::curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  ::curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, why.data());
  ::curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &append_body);
  ::curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  set_limits(curl.get(), rules, is_on_loopback(url));
  CURLcode code = ::curl_easy_perform(curl.get());
  ::ERR_clear_error();  // what TLS left there is not for whoever uses this thread next
  if (body.is_too_large || code == CURLE_FILESIZE_EXCEEDED)
    return fail(Errc::too_long, url + ": the answer is longer than 1 MiB");
  if (code != CURLE_OK) {
    return fail(code == CURLE_OPERATION_TIMEDOUT ? Errc::timed_out : Errc::connection,
                url + ": " + (why[0] != '\0' ? why.data() : ::curl_easy_strerror(code)));
  }
  long status = 0;
  ::curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200)
    return fail(Errc::connection, url + ": the answer has the status " + std::to_string(status));
  return std::move(body.text);
}

Result<std::string> read_document(const std::string& path) {
  SLUICE_TRY(FileText file, read_file(path, max_document));
  return std::move(file.text);
}

}  // namespace sluice::auth::jwt
