// SPDX-License-Identifier: Apache-2.0
// Owners of the OpenSSL objects that gsi uses, and the library's word on what went wrong.
#pragma once

#include "base/bytes.h"
#include "base/fd.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string>
#include <vector>

namespace sluice::auth::gsi {

using Key = Owned<EVP_PKEY, &EVP_PKEY_free>;
using KeyContext = Owned<EVP_PKEY_CTX, &EVP_PKEY_CTX_free>;
using Number = Owned<BIGNUM, &BN_clear_free>;
using Memory = Owned<BIO, &BIO_free_all>;
using Certificate = Owned<X509, &X509_free>;
// The certificate that speaks, then those that vouch for it.
using Chain = std::vector<Certificate>;

// To read from; refers to the bytes.
Memory memory_of(ByteView bytes);
// What was written.
std::string text_in(BIO* memory);

// Why the last call failed, and empties the thread's list of errors: "bad decrypt".
std::string openssl_reason();

}  // namespace sluice::auth::gsi
