// SPDX-License-Identifier: Apache-2.0
#include "app/roles.h"

#include "app/door_role.h"
#include "app/export_role.h"
#include "app/pool_role.h"

#include <algorithm>

namespace sluice::app {
namespace {

using Roles = std::vector<std::unique_ptr<Role>>;

struct RoleRow {
  std::string_view name;
  bool needs_catalogue;
  std::unique_ptr<Role> (*make)(Host& host, CatalogueRole* shared);
};

// Pools before doors, so that a door finds the pools of its own process.
constexpr std::array role_rows = {
    RoleRow{"export", false,
            [](Host& host, CatalogueRole*) -> std::unique_ptr<Role> {
              return std::make_unique<ExportRole>(host);
            }},
    RoleRow{"pool", true,
            [](Host& host, CatalogueRole* shared) -> std::unique_ptr<Role> {
              return std::make_unique<PoolRole>(host, *shared);
            }},
    RoleRow{"door", true,
            [](Host& host, CatalogueRole* shared) -> std::unique_ptr<Role> {
              return std::make_unique<DoorRole>(host, *shared);
            }},
};

}  // namespace

Result<std::vector<std::unique_ptr<Role>>> make_roles(Host& host) {
  const std::vector<std::string>& wanted = host.config.serve.roles;
  auto is_wanted = [&](const RoleRow& row) { return host.config.serve.has_role(row.name); };
  for (const std::string& name : wanted) {
    if (std::ranges::find(role_rows, name, &RoleRow::name) == role_rows.end())
      return fail(Errc::usage, "serve.roles: \"" + name + "\" is none of export, pool, door");
  }
  if (is_wanted(role_rows.front()) && wanted.size() > 1)
    return fail(Errc::usage, "serve.roles: export stands alone, doors and pools have a catalogue");
  Roles roles;
  CatalogueRole* shared = nullptr;
  for (const RoleRow& row : role_rows) {
    if (!is_wanted(row)) continue;
    if (row.needs_catalogue && shared == nullptr) {
      auto made = std::make_unique<CatalogueRole>(host);
      shared = made.get();
      roles.push_back(std::move(made));
    }
    roles.push_back(row.make(host, shared));
  }
  return roles;
}

}  // namespace sluice::app
