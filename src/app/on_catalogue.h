// SPDX-License-Identifier: Apache-2.0
// What commands share that look at the catalogue themselves, whether a server runs or not.
#pragma once

#include "app/settings_source.h"
#include "catalogue/api.h"
#include "cli/command.h"
#include "cli/console.h"

namespace sluice::app {

// A command on the catalogue that the settings name.
class OnCatalogue : public cli::Command {
 public:
  void declare(cli::Options& options) final {
    declare_more(options);
    source_.declare_with_data(options);
  }

  Status run(cli::Console& console) final {
    SLUICE_TRY(config, source_.load());
    config.catalogue.cached_names = 0;
    SLUICE_TRY(auto opened, catalogue::Catalogue::open(config.catalogue));
    return work(*opened, console);
  }

 protected:
  virtual void declare_more(cli::Options&) {}
  virtual Status work(catalogue::Catalogue& all, cli::Console& console) = 0;

  Config config;

 private:
  SettingsSource source_;
};

}  // namespace sluice::app
