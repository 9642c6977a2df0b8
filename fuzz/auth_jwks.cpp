// SPDX-License-Identifier: Apache-2.0
// A document with the keys of an issuer. Keys that were read fit one kind of algorithm and do not say yes to anything.
#include "auth/token/public_key.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::auth::jwt;
  auto keys = parse_jwks(as_text(fuzz::view(data, size)));
  if (!keys) return 0;
  fuzz::check(!keys->empty());
  for (const auto& key : *keys) {
    int fitting = 0;
    for (const char* name : {"RS256", "ES256", "ES384", "EdDSA"})
      fitting += key->fits(*find_algorithm(name)) ? 1 : 0;
    fuzz::check(fitting <= 1);
    fuzz::check(!key->has_signed("eyJhbGciOiJSUzI1NiJ9.e30.AAAA"));
    fuzz::check(!key->has_signed("eyJhbGciOiJFUzI1NiJ9.e30.AAAA"));
  }
  return 0;
}
