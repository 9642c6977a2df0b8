// SPDX-License-Identifier: Apache-2.0
// Follows what XrdCl accepts, so that a URL means the same to xrdcp and to us.
#include "xroot/url.h"

#include "base/units.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::xroot {
namespace {

constexpr std::array<std::pair<std::string_view, Scheme>, 5> schemes = {{
    {"root", Scheme::root},
    {"xroot", Scheme::root},
    {"roots", Scheme::roots},
    {"xroots", Scheme::roots},
    {"file", Scheme::file},
}};

constexpr std::string_view scheme_end = "://";

std::string quoted(std::string_view text) { return '"' + std::string(text.substr(0, 256)) + '"'; }

bool has_bad_byte(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
}

bool is_v6_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
         c == '.' || c == '%' || (c >= 'g' && c <= 'z');  // zone of a link-local address: %eth0
}

// Splits `text` at its first '?'.
void set_path(Url& url, std::string_view text) {
  const std::size_t mark = std::min(text.find('?'), text.size());
  url.path = text.substr(0, mark);
  url.cgi = text.substr(std::min(mark + 1, text.size()));
}

Result<Url> parse_file(std::string_view rest) {
  constexpr std::string_view local = "localhost";
  if (rest.starts_with(local)) rest.remove_prefix(local.size());
  if (!rest.starts_with('/'))
    return fail(Errc::usage, "file URL names another host: file://" + std::string(rest));
  Url url;
  url.path = rest;  // a '?' is part of a local name
  return url;
}

void set_user(Url& url, std::string_view user_info) {
  const std::size_t colon = std::min(user_info.find(':'), user_info.size());
  url.user = user_info.substr(0, colon);
  url.password = user_info.substr(std::min(colon + 1, user_info.size()));
}

Result<Url> parse_remote(Scheme scheme, std::string_view rest) {
  Url url;
  url.scheme = scheme;
  const std::size_t slash = std::min(rest.find('/'), rest.find('?'));
  std::string_view authority = rest.substr(0, slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    set_user(url, authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  SLUICE_TRY(HostPort server, HostPort::parse(authority));
  url.host = std::move(server.host);
  url.port = server.port;
  if (slash == std::string_view::npos) return url;
  const bool has_path = rest[slash] == '/';
  set_path(url, rest.substr(has_path ? slash + 1 : slash));
  if (has_path && !url.path.starts_with('/')) url.path.insert(0, "/");
  return url;
}

}  // namespace

Result<HostPort> HostPort::parse(std::string_view text) {
  HostPort out;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos)
      return fail(Errc::usage, "address without its ']': " + quoted(text));
    out.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!std::ranges::all_of(out.host, is_v6_digit))
      return fail(Errc::usage, "not an IPv6 address: " + quoted(text));
    // XrdCl strips the same way: names of IPv4 peers on a socket for both.
    constexpr std::string_view mapped = "::ffff:";
    if (out.host.starts_with(mapped) && out.host.find('.') != std::string::npos)
      out.host.erase(0, mapped.size());
  } else {
    out.host = text.substr(0, text.find(':'));
    port = text.substr(out.host.size());
    if (has_bad_byte(out.host) || out.host.find_first_of("[]@") != std::string::npos) {
      return fail(Errc::usage, "not a host name: " + quoted(out.host));
    }
  }
  if (out.host.empty()) return fail(Errc::usage, "host name is missing: " + quoted(text));
  if (port.empty()) return out;
  if (!port.starts_with(':'))
    return fail(Errc::usage, "host is not followed by a port: " + quoted(text));
  port.remove_prefix(1);
  if (port.empty()) return out;
  const auto number = parse_int<std::uint32_t>(port, 1, 65535);
  if (!number) return fail(Errc::usage, "not a port between 1 and 65535: " + quoted(port));
  out.port = static_cast<std::uint16_t>(*number);
  return out;
}

std::string HostPort::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Url> Url::parse(std::string_view text) {
  if (text.empty()) return fail(Errc::usage, "name is empty");
  const std::size_t end = text.find(scheme_end);
  if (end == std::string_view::npos) {
    Url url;
    url.path = text;
    return url;
  }
  const std::string_view word = text.substr(0, end);
  const auto row = std::ranges::find(schemes, word, &std::pair<std::string_view, Scheme>::first);
  if (row == schemes.end()) {
    return fail(Errc::usage, "URL has the unknown scheme " + quoted(word) +
                                 ": root, roots, xroot, xroots or file is needed");
  }
  const std::string_view rest = text.substr(end + scheme_end.size());
  return row->second == Scheme::file ? parse_file(rest) : parse_remote(row->second, rest);
}

Result<Url> Url::parse_server(std::string_view text) {
  if (text.find(scheme_end) == std::string_view::npos) return parse_remote(Scheme::root, text);
  SLUICE_TRY(Url url, parse(text));
  if (url.is_local()) return fail(Errc::usage, "a server is needed, not a file: " + quoted(text));
  return url;
}

std::string Url::host_port() const { return HostPort{host, port}.text(); }

std::string Url::path_with_cgi() const { return cgi.empty() ? path : path + "?" + cgi; }

std::string Url::display() const {
  Url shown = *this;
  shown.password.clear();
  shown.cgi.clear();
  return shown.text();
}

std::string Url::text() const {
  if (is_local()) return path;
  std::string out(scheme == Scheme::roots ? "roots" : "root");
  out += scheme_end;
  if (!user.empty() || !password.empty())
    out += user + (password.empty() ? "@" : ":" + password + "@");
  const std::string server = host_port();
  out += port == default_port ? server.substr(0, server.rfind(':')) : server;
  if (!path.empty()) out += "/" + path;
  if (!cgi.empty()) out += "?" + cgi;
  return out;
}

}  // namespace sluice::xroot
