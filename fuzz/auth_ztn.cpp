// SPDX-License-Identifier: Apache-2.0
// The credential of ztn, the value of `authz=`, and the parameters that a server tells. A token that was found is found again in
// the credential made of it.
#include "auth/token/bearer.h"
#include "auth/ztn/credential.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::auth;
  ByteView input = fuzz::view(data, size);
  if (auto token = ztn::token_in(input)) {
    fuzz::check(token->size() <= ztn::longest);
    auto again = ztn::credential_with(*token);
    fuzz::check(ztn::token_in(again).value() == *token);
  }
  if (auto token = bearer_of(as_text(input))) {
    fuzz::check(!token->empty() && as_text(input).ends_with(*token));
    std::string prefixed = "Bearer%20" + std::string(*token);
    fuzz::check(bearer_of(prefixed) && prefixed.ends_with(*bearer_of(prefixed)));
  }
  if (auto parameters = ztn::parse_parameters(as_text(input)))
    fuzz::check(parameters->max_size > 0);
  return 0;
}
