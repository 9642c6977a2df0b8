// SPDX-License-Identifier: Apache-2.0
// A running server: builds the objects of all modules in order, runs them, and takes them down in
// the reverse order.
#pragma once

#include "app/config.h"

namespace sluice::app {

// Where a configuration came from, to read it again on SIGHUP.
struct ConfigSource {
  std::string path;  // of the file; may be empty
  std::vector<RawSetting> overrides;
};

// Serves until SIGTERM or SIGINT. Prints one line "ready xroot=HOST:PORT http=HOST:PORT" on
// standard output once it accepts connections. An error is one of start-up.
Status serve(Config config, ConfigSource source);

}  // namespace sluice::app
