// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

#include <unistd.h>

#include <cstdlib>

namespace sluice::app {
namespace {

std::string default_data_directory() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/')
    return std::string(data) + "/sluice";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "/var/lib") + "/.local/share/sluice";
}

}  // namespace

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

Sections sections_of(Config& config) {
  Sections all;
  all.emplace_back("The program", config.serve, serve_settings);
  all.emplace_back("Runtime and listeners", config.net, net::net_settings);
  all.emplace_back("TLS", config.tls, net::tls_settings);
  all.emplace_back("TLS of all services and of this server as a client", config.tls_common,
                   net::tls_common_settings);
  all.emplace_back("TLS of pools", config.pool_tls, net::pool_tls_settings);
  all.emplace_back("The xroot service", config.xroot, xroot::server::server_settings);
  all.emplace_back("The access log", config.access_log, xroot::server::access_log_settings);
  all.emplace_back("Who clients are", config.auth.auth, auth::auth_settings);
  all.emplace_back("What clients may do", config.auth.access, auth::access_settings);
  all.emplace_back("Who is who here", config.auth.mapping, auth::mapping_settings);
  all.emplace_back("Bearer tokens", config.auth.token, auth::token_settings);
  all.emplace_back("The method ztn", config.auth.ztn, auth::ztn_settings);
  all.emplace_back("The method gsi", config.auth.gsi, auth::gsi_settings);
  all.emplace_back("The method sss", config.auth.sss, auth::sss_settings);
  all.emplace_back("The method krb5", config.auth.krb5, auth::krb5_settings);
  all.emplace_back("Signed requests", config.signing, xroot::server::signing_settings);
  all.emplace_back("Third-party copies", config.copies, tpc::tpc_settings);
  all.emplace_back("Doors", config.door, door::door_settings);
  all.emplace_back("Exports in front of nodes", config.exported, exporter::export_settings);
  all.emplace_back("Pools", config.pool, pool::pool_settings);
  all.emplace_back("Movers", config.movers, pool::mover_settings);
  all.emplace_back("Catalogue", config.catalogue, catalogue::catalogue_settings);
  all.emplace_back("Storage", config.disk, disk::disk_settings);
  all.emplace_back("The HTTP service", config.http, http::limit_settings);
  return all;
}

void complete(Config& config) {
  std::string& data = config.serve.data_directory;
  if (data.empty()) data = default_data_directory();
  auto& roles = config.serve.roles;
  if (roles.empty() && config.disk.export_directory.empty()) roles = {"door", "pool"};
  if (roles.empty()) roles = {"export"};
  if (config.disk.export_directory.empty()) config.disk.export_directory = data + "/export";
  if (config.serve.admin_socket.empty()) config.serve.admin_socket = data + "/admin.sock";
  if (config.pool.directory.empty()) config.pool.directory = data + "/pool";
  if (config.pool.name.empty()) config.pool.name = machine_name();
  if (config.catalogue.url.empty()) config.catalogue.url = "sqlite:" + data + "/catalogue.db";
}

}  // namespace sluice::app
