// SPDX-License-Identifier: Apache-2.0
// Blowfish in 64 bit cipher feedback mode with a zero start, the one cipher of sss. OpenSSL keeps it in its legacy provider,
// which is loaded into a context of our own: nothing else in the program can come to use it.
#pragma once

#include "base/bytes.h"

#include <vector>

namespace sluice::auth::sss {

// Errc::unsupported where OpenSSL came without the provider.
Status check_blowfish();

Result<std::vector<std::byte>> blowfish_encrypt(ByteView key, ByteView plain);
Result<std::vector<std::byte>> blowfish_decrypt(ByteView key, ByteView cipher);

}  // namespace sluice::auth::sss
