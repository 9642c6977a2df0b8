// SPDX-License-Identifier: Apache-2.0
// The text of a token, as it is and as the claims of one whose issuer is trusted. What no key signed never counts, what is
// taken apart is put together to the same, and rights that were read are in normal form.
#include "auth/token/claims.h"
#include "auth/token/path.h"
#include "auth/token/signed_text.h"
#include "auth/token/token_verifier.h"
#include "base/crypto.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::auth;
  static const auto verifier = [] {
    TokenConfig config;
    config.issuers = {"name=f url=https://f.example prefix=/f"};
    config.max_size = largest_token;
    TokenWorld world;
    world.fetch = [](const std::string&) -> Result<std::string> { return fail(Errc::connection); };
    return TokenVerifier::make(config, std::move(world)).value();
  }();
  std::string_view text = as_text(fuzz::view(data, size));
  fuzz::check(!verifier->verify(text));
  fuzz::check(!verifier->known(text));

  // The same bytes as claims behind a good header.
  std::string whole = base64url(as_bytes(R"({"alg":"RS256","kid":"k"})")) + "." +
                      base64url(as_bytes(text)) + ".AAAA";
  fuzz::check(!verifier->verify(whole));
  auto parts = jwt::take_apart(whole);
  if (!parts) return 0;
  TokenIssuer issuer;
  issuer.prefix = "/f";
  auto times = jwt::check_times(parts->claims, jwt::WallTime(std::chrono::hours(400'000)), {});
  auto token = jwt::read_claims(parts->claims, issuer, {});
  if (!token) return 0;
  for (const Scope& scope : token->scopes)
    fuzz::check(is_normal_path(scope.path) && is_at_or_below(scope.path, "/f"));
  if (times) fuzz::check(token->expires == *times);
  return 0;
}
