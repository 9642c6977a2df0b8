// SPDX-License-Identifier: Apache-2.0
// The options --config, --set and --data, which every command shares that needs the settings of a server, and what they give.
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
  std::optional<std::string> data;

  void declare(cli::Options& options) {
    options.value("-c,--config", "FILE", path, "Settings file (TOML)", cli::Complete::local);
    options.value("--set", "KEY=VALUE", words, "One setting, over the file's");
  }

  void declare_with_data(cli::Options& options) {
    declare(options);
    options.value("--data", "DIR", data, "Directory of the server's own state",
                  cli::Complete::directory);
  }

  Result<std::vector<RawSetting>> overrides() const {
    std::vector<RawSetting> all;
    if (data) all.push_back({"serve.data", *data, "--data"});
    for (const std::string& word : words) {
      SLUICE_TRY(RawSetting one, setting_from_word(word));
      all.push_back(std::move(one));
    }
    return all;
  }

  // What a server that is started with these options goes by.
  Result<Config> load() const {
    SLUICE_TRY(auto all, overrides());
    Config config;
    Sections sections = sections_of(config);
    SLUICE_CHECK(load_settings(sections, path, all));
    complete(config);
    return config;
  }
};

}  // namespace sluice::app
