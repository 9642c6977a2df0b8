// SPDX-License-Identifier: Apache-2.0
// The settings of a whole server: what the program itself needs, and the structs of its modules
// side by side.
#pragma once

#include "auth/settings.h"
#include "base/endpoint_range.h"
#include "base/log.h"
#include "base/settings.h"
#include "catalogue/config.h"
#include "disk/config.h"
#include "door/config.h"
#include "exporter/config.h"
#include "http/config.h"
#include "net/config.h"
#include "net/tls_config.h"
#include "pool/config.h"
#include "pool/movers/config.h"
#include "tpc/config.h"
#include "xroot/server/config.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace sluice {

constexpr std::array<EnumName<LogFormat>, 2> names_of(LogFormat) {
  return {{{LogFormat::logfmt, "logfmt"}, {LogFormat::json, "json"}}};
}

}  // namespace sluice

namespace sluice::app {

struct ServeConfig {
  std::vector<std::string> roles;
  std::vector<std::string> listen = {"127.0.0.1:1094"};
  Endpoint http{"127.0.0.1", 9094};
  std::string data_directory;
  std::string user;
  std::string host_name;
  std::string admin_socket;
  std::string admin_token;
  LogFormat log_format = LogFormat::logfmt;
  std::string log_levels = "info";

  bool has_role(std::string_view role) const {
    return std::ranges::find(roles, role) != roles.end();
  }
};

inline constexpr std::tuple serve_settings{
    setting("serve.roles", &ServeConfig::roles, Reload::no,
            "What this process is: \"door\" and \"pool\", which share a catalogue, or \"export\". "
            "Empty: \"export\" where "
            "pool.export is set, else both of the others."),
    setting("serve.listen", &ServeConfig::listen, Reload::no,
            "Addresses of the xroot service, HOST:PORT or HOST:FIRST-LAST each. \"*\" is every "
            "address, port 0 lets the system choose. Of a range one port is taken: the one it had "
            "before, else the first that is free.",
            &check_endpoint_ranges),
    setting("serve.http", &ServeConfig::http, Reload::no,
            "Address of the HTTP service with /metrics, /healthz and /readyz."),
    setting("serve.data", &ServeConfig::data_directory, Reload::no,
            "Directory of the server's own state. Empty: $XDG_DATA_HOME/sluice, or "
            "~/.local/share/sluice."),
    setting("serve.user", &ServeConfig::user, Reload::no,
            "The user that a server started by root becomes once its ports are open. Empty: it "
            "stays who it is."),
    setting("serve.host_name", &ServeConfig::host_name, Reload::no,
            "The name under which clients reach this server. Empty: the name of the machine, or "
            "the address where the "
            "server listens on one only."),
    setting("serve.admin_socket", &ServeConfig::admin_socket, Reload::no,
            "The Unix socket for operators' commands, for the server's own user and root. Empty: "
            "admin.sock in serve.data."),
    setting("serve.admin_token", &ServeConfig::admin_token, Reload::no,
            "A file with a secret: HTTP clients that show it as bearer token may do what the local "
            "socket lets. Empty: nobody may over HTTP. The HTTP service has no TLS: keep it on "
            "loopback, or behind a proxy that has."),
    setting("log.format", &ServeConfig::log_format, Reload::yes,
            "How a line of the log is written."),
    setting("log.levels", &ServeConfig::log_levels, Reload::yes,
            "Least level that is logged, with exceptions for modules: \"info,xroot=debug\"."),
};

// The structs of one server; sections() gives the rows over them.
struct Config {
  ServeConfig serve;
  net::NetConfig net;
  net::TlsCommonConfig tls_common;
  net::TlsConfig tls;
  net::TlsConfig pool_tls;
  xroot::server::ServerConfig xroot;
  xroot::server::AccessLogConfig access_log;
  auth::Settings auth;
  xroot::server::SigningConfig signing;
  disk::DiskConfig disk;
  catalogue::CatalogueConfig catalogue;
  pool::PoolConfig pool;
  pool::MoverConfig movers;
  door::DoorConfig door;
  tpc::TpcConfig copies;
  exporter::ExportConfig exported;
  http::Limits http;
};

// The sections refer to `config`, which must outlive them.
Sections sections_of(Config& config);

// As the system calls itself.
std::string machine_name();

// What was not set and depends on the environment: directories.
void complete(Config& config);

}  // namespace sluice::app
