// SPDX-License-Identifier: Apache-2.0
// A line of auth.token.issuers. What is accepted can be used as it stands: safe URLs, a prefix in normal form.
#include "auth/token/fetch.h"
#include "auth/token/issuer.h"
#include "auth/token/path.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::auth;
  auto issuer = parse_issuer(as_text(fuzz::view(data, size)));
  if (!issuer) {
    fuzz::check(!issuer.error().detail.empty());
    return 0;
  }
  fuzz::check(!issuer->name.empty() && is_normal_path(issuer->prefix));
  const std::string& source = issuer->jwks.empty() ? issuer->url : issuer->jwks;
  fuzz::check(source.starts_with('/') || jwt::check_url(source));
  return 0;
}
