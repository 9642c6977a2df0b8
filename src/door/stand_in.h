// SPDX-License-Identifier: Apache-2.0
// The only handles that a door gives out: those of whoever starts a third-party copy from here. They tell what the file is,
// and hold what was announced.
#pragma once

#include "tpc/rendezvous.h"
#include "xroot/server/service.h"
#include "xroot/stat_text.h"

#include <memory>
#include <string>

namespace sluice::door {

class StandIn final : public xroot::server::File {
 public:
  StandIn(std::string path, xroot::FileStat stat, std::unique_ptr<tpc::Rendezvous::Ticket> ticket)
      : path_(std::move(path)), stat_(std::move(stat)), ticket_(std::move(ticket)) {}

  std::string_view label() const override { return path_; }
  const xroot::FileStat& stat() const { return stat_; }

 private:
  const std::string path_;
  const xroot::FileStat stat_;
  const std::unique_ptr<tpc::Rendezvous::Ticket> ticket_;  // null: only its place was asked for
};

}  // namespace sluice::door
