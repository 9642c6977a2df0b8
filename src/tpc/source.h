// SPDX-License-Identifier: Apache-2.0
// The source's side of third-party copies, for every role that has files: takes announcements, and lets in whoever comes
// for them. docs/reference/third-party-copy.md has the messages.
#pragma once

#include "base/metrics.h"
#include "base/offload.h"
#include "tpc/config.h"
#include "tpc/rendezvous.h"
#include "tpc/request.h"
#include "xroot/server/authorization.h"
#include "xroot/server/standard_answers.h"

#include <array>
#include <memory>
#include <string_view>

namespace sluice::tpc {

// What a server with files says about itself (kXR_query config).
inline constexpr std::array config_entries = {xroot::server::ConfigEntry{"tpc", "1"}};

class Source {
 public:
  Source(TpcConfig config, Metrics& metrics);

  // Of somebody who may read the file. It counts as long as the ticket lives. `wire` is the path of the request.
  Result<std::unique_ptr<Rendezvous::Ticket>> announce(const xroot::server::Caller& caller,
                                                       const Request& request,
                                                       const xroot::server::Asked& asked,
                                                       std::string_view wire);

  // The file that this destination may read, as the one who announced it. Waits for the announcement where that is not there
  // yet. Errc::not_authorized: there is none, or none for this destination.
  // All it points to outlives it.
  Task<xroot::server::Asked> fetch(const xroot::server::Caller* caller, const Request* request,
                                   std::string_view wire, BlockingPool* blocking);

 private:
  // Nothing: not announced yet. Blocks.
  Result<std::optional<Announcement>> admit(const xroot::server::Caller& caller,
                                            const Request& request, std::string_view name);
  Status check_hosts(const xroot::server::Caller& caller, const Request& request,
                     const Announcement& announcement) const;

  const TpcConfig config_;
  const std::shared_ptr<Rendezvous> rendezvous_ = std::make_shared<Rendezvous>();
  Counter& announced_;
  Counter& met_;
  Counter& refused_;
};

}  // namespace sluice::tpc
