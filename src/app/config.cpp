// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

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

Sections sections_of(Config& config) {
  Sections all;
  all.emplace_back("The program", config.serve, serve_settings);
  all.emplace_back("Runtime and listeners", config.net, net::net_settings);
  all.emplace_back("The xroot service", config.xroot, xroot::server::server_settings);
  all.emplace_back("Storage", config.pool, disk::disk_settings);
  all.emplace_back("The HTTP service", config.http, http::limit_settings);
  return all;
}

void complete(Config& config) {
  if (config.serve.data_directory.empty()) config.serve.data_directory = default_data_directory();
  if (config.pool.export_directory.empty())
    config.pool.export_directory = config.serve.data_directory + "/export";
}

}  // namespace sluice::app
