// SPDX-License-Identifier: Apache-2.0
// What the files of TLS share that needs OpenSSL's headers.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace sluice::net {

using ContextPtr = std::shared_ptr<SSL_CTX>;

// With what servers and clients have in common; null when there is no memory.
ContextPtr make_context(const SSL_METHOD* method);

// The first entry of the queue of errors, which is empty afterwards.
std::string openssl_reason();

}  // namespace sluice::net
