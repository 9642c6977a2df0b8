// SPDX-License-Identifier: Apache-2.0
// The few cryptographic words that modules need: message authentication, comparison that takes no hint from time, random
// bytes, and the text form in which bytes travel inside CGI.
#pragma once

#include "base/bytes.h"

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

using Sha256 = std::array<std::byte, 32>;

// Of the parts one after the other.
Sha256 sha256(std::initializer_list<ByteView> parts);

// RFC 2104 with SHA-256.
Sha256 hmac_sha256(ByteView key, ByteView message);

// The time it takes depends on the sizes alone.
bool equal_in_constant_time(ByteView a, ByteView b);

// From the kernel; throws where it has none, which no server can live with.
void fill_random(ByteSpan out);

// RFC 4648 section 5 without padding.
std::string base64url(ByteView bytes);
// Errc::invalid_argument for anything that base64url() would not have written.
Result<std::vector<std::byte>> decode_base64url(std::string_view text);

}  // namespace sluice
