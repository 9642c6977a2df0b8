// SPDX-License-Identifier: Apache-2.0
// Whether a certificate is that of the host somebody dialled.
#pragma once

#include "auth/gsi/openssl.h"

#include <string>
#include <string_view>

namespace sluice::auth::gsi {

// Alternative names where it has any for hosts, else the common name, which may have "host/" in front. `host` is a name or
// an address.
bool is_certificate_of(X509* certificate, const std::string& host);

// The name that the resolver gives the address of `host`, or empty. Blocks.
std::string resolved_name(const std::string& host);

// XrdSecGSISRVNAMES: patterns with * between |, one with - in front refuses; the last that matches the common name counts.
bool is_allowed_server(std::string_view patterns, X509* certificate, const std::string& host);

}  // namespace sluice::auth::gsi
