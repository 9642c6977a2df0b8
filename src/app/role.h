// SPDX-License-Identifier: Apache-2.0
// A role of the server: one service with its listeners and whatever it does in the background. The server takes all of its
// roles through the same steps.
#pragma once

#include "app/admin_routes.h"
#include "app/config.h"
#include "base/metrics.h"
#include "base/task_group.h"
#include "net/runtime.h"

#include <string>

namespace sluice::app {

// What roles share; it outlives them.
struct Host {
  Config& config;
  net::Runtime& runtime;
  Metrics& metrics;
};

class Role {
 public:
  Role() = default;
  Role(const Role&) = delete;
  Role& operator=(const Role&) = delete;
  virtual ~Role() = default;

  // Opens its ports, still with the rights of whoever started the program.
  virtual Status listen() { return {}; }
  // Opens everything else, as the user who serves. Blocks.
  virtual Status open() = 0;
  // Accepts clients and starts its background work in `group`.
  virtual void start(TaskGroup& group) = 0;
  // Accepts nobody any more.
  virtual void close() {}

  // SIGHUP: files that others may have renamed are opened again, and settings that may change are taken over.
  virtual void reload() {}

  // What operators may ask of it, and the clients it has. After open().
  virtual Routes admin_routes() { return {}; }
  virtual xroot::server::Service* service() { return nullptr; }

  // " xroot=HOST:PORT", its part of the line that says the server is ready.
  virtual std::string ready() const { return {}; }
  // Further lines for people.
  virtual std::string hints() const { return {}; }
};

}  // namespace sluice::app
