// SPDX-License-Identifier: Apache-2.0
// The servers that export the same tree, and which of them is next. Thread-safe.
#pragma once

#include "base/endpoint.h"
#include "base/result.h"
#include "xroot/client/server_watch.h"
#include "xroot/opaque.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace sluice::exporter {

class Node final : public xroot::client::WatchedServer {
 public:
  explicit Node(Endpoint address) : address_(std::move(address)) {}

  std::optional<Endpoint> address() const override { return address_; }
  void answered(bool it_did) override;
  bool is_online() const { return online_.load(std::memory_order_relaxed); }

 private:
  const Endpoint address_;
  std::atomic<bool> online_{false};  // until it has answered once
};

// What a client that comes back tells of the nodes it was sent to, in the CGI of its open. Nobody signed it: it decides
// about this client's own way and nothing else.
struct Attempts {
  static constexpr unsigned most = 10;

  unsigned count = 0;
  std::vector<std::string> excluded;  // nodes that cannot serve it
  std::string avoided;                // the last one, when nothing says that it could not

  static Attempts of(const xroot::Opaque& opaque);
  // The CGI of the next redirect, to `node`.
  std::string cgi(const std::string& node) const;
};

class Nodes {
 public:
  // Errc::usage for what is not HOST:PORT.
  static Result<std::unique_ptr<Nodes>> make(const std::vector<std::string>& addresses);

  const std::vector<std::shared_ptr<Node>>& all() const { return all_; }

  // In turns among those that answer and that the client has not tried; null when there is none. One that the client just
  // lost is taken again only if `again` says so.
  const Node* choose(const Attempts& attempts, bool again);
  // Whether any node could still serve it.
  bool is_any_left(const Attempts& attempts) const;

 private:
  std::vector<std::shared_ptr<Node>> all_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace sluice::exporter
