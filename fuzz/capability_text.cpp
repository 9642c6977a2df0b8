// SPDX-License-Identifier: Apache-2.0
// The capability of a redirect. Input: the text as a client sends it; once as it is, which no key signed, and once as the
// bytes before a right signature, so that what is behind it is read too. What was accepted is signed to the same again.
#include "capability/capability.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::capability;
  ByteView input = fuzz::view(data, size);
  KeyRing keys;
  keys.replace({{7, std::vector<std::byte>(32, std::byte{1})}});
  fuzz::check(!verify(as_text(input), keys, 0));

  std::vector<std::byte> body = {std::byte{1}, {}, {}, {}, std::byte{7}};
  body.insert(body.end(), input.begin(), input.end());
  Sha256 mac = hmac_sha256(keys.signer()->secret, body);
  body.insert(body.end(), mac.begin(), mac.begin() + 16);
  std::string text = base64url(body);
  if (auto right = verify(text, keys, 0)) {
    auto again = sign(*right, keys);
    fuzz::check(again && *again == text);
  }
  return 0;
}
