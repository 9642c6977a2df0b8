// SPDX-License-Identifier: Apache-2.0
// The destination's side of third-party copies, for every role that stores files: a client of the source that fills a file
// while whoever gave the order holds it open. docs/reference/third-party-copy.md has the messages.
#pragma once

#include "base/metrics.h"
#include "base/offload.h"
#include "disk/filler.h"
#include "tpc/config.h"
#include "tpc/order.h"
#include "xroot/client/api.h"

#include <atomic>
#include <memory>

namespace sluice::tpc {

// What all copies of a server share.
struct Workshop {
  Workshop(TpcConfig settings, Metrics& metrics, BlockingPool& pool);

  const TpcConfig config;
  BlockingPool& blocking;
  xroot::client::TlsUpgrade tls;  // empty: sources with TLS only cannot be fetched from
  std::atomic<std::uint32_t> running{0};
  Counter& good;
  Counter& failed;
  Counter& bytes;
};

class Destination {
 public:
  Destination(TpcConfig config, Metrics& metrics, BlockingPool& blocking);

  // What an open with these words asks for. May block.
  Result<Order> order_of(std::string_view wire, const xroot::server::Caller& caller) const;

  // To be had before the file is made. Errc::overloaded: as many as may run do so.
  Result<std::shared_ptr<disk::Filler>> begin(Order order);

  // How this server reaches sources with TLS.
  void use(xroot::client::TlsUpgrade tls) { workshop_->tls = std::move(tls); }

 private:
  const std::shared_ptr<Workshop> workshop_;
};

// What whoever gave the order may ask for with kXR_query of the handle.
inline constexpr std::string_view cancel_query = "ofs.tpc cancel";

}  // namespace sluice::tpc
