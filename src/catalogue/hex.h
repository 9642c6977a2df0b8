// SPDX-License-Identifier: Apache-2.0
// Bytes in columns of text: both engines keep text, and text is not any bytes.
#pragma once

#include <string>
#include <string_view>

namespace sluice::catalogue {

std::string to_hex(std::string_view bytes);
// Only of what to_hex() wrote.
std::string from_hex(std::string_view text);

}  // namespace sluice::catalogue
