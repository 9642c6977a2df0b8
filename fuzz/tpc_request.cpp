// SPDX-License-Identifier: Apache-2.0
// The words about third-party copies in the path of an open. A part that needs words has them, within their bounds; what is
// ordered has a URL that our client takes, with TLS where there is a token in it.
#include "check.h"
#include "tpc/order.h"
#include "tpc/request.h"
#include "xroot/server/session.h"
#include "xroot/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const std::string_view wire = as_text(fuzz::view(data, size));
  for (bool writes : {false, true}) {
    auto request = tpc::request_of(wire, writes);
    if (!request) continue;
    const bool has_key = !request->key.empty() && request->key.size() <= 128;
    switch (request->part) {
      case tpc::Part::none:
        break;
      case tpc::Part::placement:
        fuzz::check(!writes);
        break;
      case tpc::Part::announcement:
        fuzz::check(!writes && has_key && !request->destination.empty());
        break;
      case tpc::Part::fetch:
        fuzz::check(!writes && has_key && !request->origin.empty());
        break;
      case tpc::Part::order:
        fuzz::check(writes);
        break;
    }
    fuzz::check(request->part == tpc::Part::none || tpc::is_third_party(wire));
    if (request->lifetime) fuzz::check(request->lifetime->count() > 0);
  }
  if (auto order = tpc::order_of(wire, xroot::server::Caller(), false)) {
    auto url = xroot::Url::parse(order->url);
    fuzz::check(url && (order->token.empty() || url->wants_tls()));
  }
  return 0;
}
