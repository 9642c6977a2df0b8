// SPDX-License-Identifier: Apache-2.0
// The words of a rule or of a line of a grid-map file: separated by spaces, quoted where they have spaces themselves.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth {

inline constexpr std::size_t max_rule = 16 * 1024;  // characters

// dn="/CN=Jane Doe" is one word, without its quotes; inside of quotes \" is a quote and \\ a backslash.
// Errc::invalid_argument where a quote is not closed.
Result<std::vector<std::string>> words_of(std::string_view text);

}  // namespace sluice::auth
