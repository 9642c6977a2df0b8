// SPDX-License-Identifier: Apache-2.0
// The security token of a login answer. Input: the text. Building what was parsed gives a token with the same offers.
#include "check.h"
#include "xroot/security_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::xroot;
  const auto offers = parse_security_token(as_text(fuzz::view(data, size)));
  if (!offers) return 0;
  const std::string text = build_security_token(*offers);
  const auto again = parse_security_token(text);
  fuzz::check(again && *again == *offers);
  return 0;
}
