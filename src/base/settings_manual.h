// SPDX-License-Identifier: Apache-2.0
// What `sluice config show` and `sluice config describe` print, and the reference page of the
// manual.
#pragma once

#include "base/settings.h"

#include <string>
#include <string_view>

namespace sluice {

enum class Passwords : bool { hidden, shown };

// A TOML file with every setting and its value; values that differ from the default say so.
std::string show_settings(const Sections& sections, Passwords passwords);

// For a terminal: all settings, the ones of a table ("net"), or one ("net.loops").
Result<std::string> describe_settings(const Sections& sections, std::string_view key = {});

// docs/reference/settings.md: the same as Markdown.
std::string settings_markdown(const Sections& sections);

}  // namespace sluice
