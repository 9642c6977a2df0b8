// SPDX-License-Identifier: Apache-2.0
// The outer form of every credential: the method's name, a NUL, and what the method has to say.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <string_view>
#include <vector>

namespace sluice::auth {

// What follows the name. Errc::authentication: another name, or nothing behind it.
Result<ByteView> content_of(ByteView credential, std::string_view method);

std::vector<std::byte> credential_of(std::string_view method, ByteView content);

// Of a name that a client calls itself, what may stand in logs and records.
std::string label_of(std::string_view text, std::size_t most = 64);

}  // namespace sluice::auth
