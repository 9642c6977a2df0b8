// SPDX-License-Identifier: Apache-2.0
// The options --config, --set and --data, which every command shares that needs the settings of a server.
#pragma once

#include "app/config.h"
#include "base/settings_file.h"
#include "cli/options.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::app {

struct SettingsSource {
  std::string path;
  std::vector<std::string> words;

  void declare(cli::Options& options) {
    options.value("-c,--config", "FILE", path, "Settings file (TOML)", cli::Complete::local);
    options.value("--set", "KEY=VALUE", words, "One setting, over the file's");
  }

  Result<std::vector<RawSetting>> overrides() const {
    std::vector<RawSetting> all;
    for (const std::string& word : words) {
      SLUICE_TRY(RawSetting one, setting_from_word(word));
      all.push_back(std::move(one));
    }
    return all;
  }
};

}  // namespace sluice::app
