// SPDX-License-Identifier: Apache-2.0
// Parameters may hold anything but "&P=", so that is the only separator.
#include "xroot/security_token.h"

#include <algorithm>

namespace sluice::xroot {
namespace {

constexpr std::string_view mark = "&P=";

}  // namespace

Result<std::vector<SecurityOffer>> parse_security_token(std::string_view text) {
  if (text.size() > max_security_token)
    return fail(Errc::too_long, "security token is longer than 4096 bytes");
  if (!text.empty() && !text.starts_with(mark))
    return fail(Errc::protocol, "security token does not begin with &P=");
  std::vector<SecurityOffer> offers;
  while (!text.empty()) {
    text.remove_prefix(mark.size());
    const std::string_view one = text.substr(0, text.find(mark));
    text.remove_prefix(one.size());
    const std::size_t comma = std::min(one.find(','), one.size());
    const SecurityOffer offer{one.substr(0, comma), one.substr(std::min(comma + 1, one.size()))};
    if (offer.method.empty() || offer.method.size() > max_method_name) {
      return fail(Errc::protocol,
                  "security token names a method without a name, or with more than 7 letters");
    }
    offers.push_back(offer);
  }
  return offers;
}

std::string build_security_token(std::span<const SecurityOffer> offers) {
  std::string text;
  for (const SecurityOffer& offer : offers) {
    text += mark;
    text += offer.method;
    if (!offer.parameters.empty()) text += ',';
    text += offer.parameters;
  }
  return text;
}

}  // namespace sluice::xroot
