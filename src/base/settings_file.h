// SPDX-License-Identifier: Apache-2.0
// Where settings come from: a TOML file, and KEY=VALUE words of the command line that win over it.
#pragma once

#include "base/settings.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// The settings of TOML text in the order of the text, tables flattened to dotted keys. `name`
// stands in messages. A syntax error names its line.
Result<std::vector<RawSetting>> parse_settings(std::string_view text, std::string_view name);

// The same of a file.
Result<std::vector<RawSetting>> read_settings(const std::string& path);

// "pool.verify=false" of --set.
Result<RawSetting> setting_from_word(std::string_view word);

// Reads `path` (when not empty), puts `overrides` over it and assigns all. The error has one line
// per mistake.
Status load_settings(Sections& sections, const std::string& path,
                     std::span<const RawSetting> overrides = {});

}  // namespace sluice
