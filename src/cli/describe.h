// SPDX-License-Identifier: Apache-2.0
// How files, sizes and times of servers are shown, as text and as JSON members.
#pragma once

#include "cli/json.h"
#include "xroot/client/api.h"

#include <string>
#include <string_view>

namespace sluice::cli {

// "drwxr-x---"; where the server tells no mode, what it says of our own access.
std::string mode_text(const xroot::client::FileInfo& info);

// "2026-01-31 17:05" in local time.
std::string time_text(std::int64_t seconds_since_1970);

// Names of servers may hold control characters, which a terminal would obey; each becomes "?".
std::string printable(std::string_view name);

// "1234" or, for people, "1.21 KiB".
std::string size_text(std::uint64_t bytes, bool for_people);

void add_info(JsonObject& json, const xroot::client::FileInfo& info);

// 0644, 755 or rwxr-x---.
Result<std::uint16_t> parse_mode(std::string_view text);
// "100" bytes, or with a unit "8 MiB".
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace sluice::cli
