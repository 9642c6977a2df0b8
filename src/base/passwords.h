// SPDX-License-Identifier: Apache-2.0
// Passwords inside texts that people or logs will see.
#pragma once

#include <string>

namespace sluice {

// Three dots for what stands between "://USER:" and "@", and behind "password=".
std::string without_passwords(std::string text);

}  // namespace sluice
