// SPDX-License-Identifier: Apache-2.0
// Names of files as users write them: root://user@host:port//path?cgi, roots:// with TLS, and local
// files. Nothing is percent-decoded: xroot names are bytes, and XrdCl sends "%20" as these three
// bytes.
#pragma once

#include "base/result.h"
#include "xroot/protocol.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::xroot {

enum class Scheme : std::uint8_t {
  file,
  root,
  roots
};  // xroot and xroots are read as root and roots

struct Url {
  Scheme scheme = Scheme::file;
  std::string user;
  std::string password;
  std::string host;  // an IPv6 address without its brackets; empty for files
  std::uint16_t port = default_port;
  std::string
      path;  // absolute for servers ("" when the URL names only the server); as written for files
  std::string cgi;  // without '?'

  bool operator==(const Url&) const = default;

  // Errc::usage with a text for the user: unknown scheme, no host, impossible port.
  // "root://h//a/b" has the path "/a/b". "root://h/a" names "a", which XrdCl sends as it is and
  // XRootD refuses ("relative path disallowed"); we take it as "/a", which is what the user meant.
  // Words without "://" are local files.
  static Result<Url> parse(std::string_view text);
  // A server as `sluice ls` takes it: "host", "host:port" or a URL.
  static Result<Url> parse_server(std::string_view text);

  bool is_local() const { return scheme == Scheme::file; }
  bool wants_tls() const { return scheme == Scheme::roots; }
  // "host:port", with brackets round an IPv6 address.
  std::string host_port() const;
  // path[?cgi], as requests carry it.
  std::string path_with_cgi() const;
  // The URL again, without the password and without the CGI, both of which may hold secrets.
  std::string display() const;
  // The whole URL; the default port is left out.
  std::string text() const;
};

// Host and port of "host[:port]" or "[v6][:port]"; the host comes without brackets. Errc::usage.
struct HostPort {
  std::string host;
  std::uint16_t port = default_port;

  bool operator==(const HostPort&) const = default;
  static Result<HostPort> parse(std::string_view text);
  std::string text() const;
};

}  // namespace sluice::xroot
