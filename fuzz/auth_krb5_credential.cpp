// SPDX-License-Identifier: Apache-2.0
// What stands before a Kerberos message: only a credential with something behind its name is one.
#include "auth/krb5/handles.h"
#include "check.h"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const ByteView input = fuzz::view(data, size);
  const auto message = auth::krb5::without_prefix(input);
  if (!message) {
    fuzz::check(message.error().code == Errc::authentication);
    return 0;
  }
  fuzz::check(!message->empty());
  fuzz::check(std::ranges::equal(auth::krb5::with_prefix(*message), input));
  return 0;
}
