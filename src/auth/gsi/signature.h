// SPDX-License-Identifier: Apache-2.0
// What gsi calls signing: RSA with PKCS#1 v1.5 type 1 padding of the bytes themselves, no digest, in pieces of the key's size
// less eleven bytes. Who has the public key gets the bytes back.
#pragma once

#include "auth/gsi/openssl.h"
#include "base/bytes.h"

#include <vector>

namespace sluice::auth::gsi {

// An RSA key that costs no more than a login may: 1024 to 8192 bits.
bool is_usable_key(const EVP_PKEY* key);

// What one piece holds. A piece signs what it holds and nothing else, so equal ones have equal signatures.
std::size_t piece_size(const EVP_PKEY* key);

Result<std::vector<std::byte>> sign_pieces(EVP_PKEY* key, ByteView bytes);
// Errc::authentication: not signed with that key, or more than 16 KiB.
Result<std::vector<std::byte>> recover_pieces(EVP_PKEY* key, ByteView bytes);

// "-----BEGIN PUBLIC KEY-----".
Result<Key> public_key_in(ByteView pem);
std::string public_key_pem(EVP_PKEY* key);

}  // namespace sluice::auth::gsi
