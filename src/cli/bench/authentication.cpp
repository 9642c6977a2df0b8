// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/authentication.h"

#include "cli/bench/link.h"
#include "cli/bench/requests.h"
#include "xroot/client/standard_credentials.h"
#include "xroot/requests/auth.h"
#include "xroot/security_token.h"

#include <fmt/format.h>

namespace sluice::cli::bench {

Status Authentication::begin(std::string_view security, Buffer& out) {
  SLUICE_TRY(const auto offers, xroot::parse_security_token(security));
  for (const xroot::SecurityOffer& offer : offers)
    offers_.push_back({std::string(offer.method), std::string(offer.parameters)});
  return try_next(out);
}

Status Authentication::proceed(const Answer& answer, ByteView body, Buffer& out) {
  if (answer.status != xroot::ResponseStatus::authmore) {
    refusals_ += fmt::format("; {}: {}", method_, refusal(answer, body));
    return try_next(out);
  }
  if (++rounds_ >= auth::max_rounds)
    return fail(Errc::authentication, "the server asks for too many rounds");
  SLUICE_TRY(const auto credential, conversation_->answer(body));
  put_credential(out, method_, credential);
  return {};
}

Status Authentication::try_next(Buffer& out) {
  while (!offers_.empty()) {
    const xroot::client::AuthOffer offer = std::move(offers_.front());
    offers_.pop_front();
    if (offer.method.size() > sizeof(xroot::Auth::method)) continue;
    conversation_ = xroot::client::standard_conversation(offer, peer_);
    if (!conversation_) continue;
    auto credential = conversation_->begin();
    if (!credential) {
      refusals_ += fmt::format("; {}: {}", offer.method, credential.error().message());
      continue;
    }
    method_ = offer.method;
    rounds_ = 0;
    put_credential(out, method_, *credential);
    return {};
  }
  return fail(Errc::authentication, "no way to authenticate" + refusals_);
}

}  // namespace sluice::cli::bench
