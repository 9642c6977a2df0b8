// SPDX-License-Identifier: Apache-2.0
#include "app/door_role.h"

#include "app/tls.h"
#include "xroot/protocol.h"

namespace sluice::app {

Status DoorRole::listen() {
  SLUICE_CHECK(front_.open_tls(host_.config.tls, "tls"));
  return front_.listen(host_.config.serve.listen, xroot::default_port, ports_file(host_.config));
}

Status DoorRole::open() {
  Config& config = host_.config;
  SLUICE_CHECK(front_.remember_ports());
  SLUICE_TRY(gate_, Gate::open(host_, front_.has_tls(), front_.is_local()));
  SLUICE_TRY(auto selection, door::Selection::parse(config.door.selection));
  xroot::server::ServerConfig settings = config.xroot;
  settings.sign_level = config.signing.level;
  settings.sign_without_key = config.signing.force;
  settings.max_streams = 0;  // streams carry data, and a door has none
  auto& catalogue = shared_.catalogue();
  service_ = std::make_unique<door::DoorService>(
      std::move(settings), config.door, std::move(selection),
      door::DoorParts{&catalogue, &shared_.keys(), &board_, &hot_, config.copies}, host_.metrics,
      host_.runtime.blocking());
  service_->tls_to_pools = tls_to_others(config.tls_common);
  service_->site_name = config.disk.site_name;
  if (const auto* kept = catalogue.cache()) {
    host_.metrics.gauge_from("sluice_door_lookups_in_memory",
                             "Lookups that were answered without the database.",
                             [kept] { return static_cast<double>(kept->figures().hits); });
    host_.metrics.gauge_from("sluice_door_lookups_not_in_memory",
                             "Lookups that had to ask the database.",
                             [kept] { return static_cast<double>(kept->figures().misses); });
  }
  upkeep_ = std::make_unique<door::Upkeep>(catalogue, board_, *service_, host_.runtime.blocking());
  watch_ = std::make_unique<door::PoolWatch>(board_, service_->settings);
  return upkeep_->begin();
}

void DoorRole::start(TaskGroup& group) {
  group.spawn(upkeep_->run());
  group.spawn(watch_->run());
  group.spawn(gate_->keep_fresh());
  service_->gatekeeper = gate_->keeper();
  front_.serve(*service_);
}

std::string DoorRole::hints() const {
  std::string url = fmt::format("{}://{}", front_.scheme(), front_.public_address());
  return fmt::format(
      "  {}\n"
      "  xrdcp /etc/services {}//services\n"
      "  xrdfs {} ls -l /\n",
      gate_->about_anonymous(), url, url);
}

}  // namespace sluice::app
