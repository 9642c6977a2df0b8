// SPDX-License-Identifier: Apache-2.0
#include "base/endpoint_range.h"

#include "base/units.h"

#include <fmt/format.h>

#include <limits>

namespace sluice {

Result<EndpointRange> parse_endpoint_range(std::string_view text,
                                           std::optional<std::uint16_t> default_port) {
  // A host may have '-' too: the range is behind the last ':'.
  const std::size_t colon = text.rfind(':');
  const std::size_t dash = colon == std::string_view::npos ? colon : text.find('-', colon);
  SLUICE_TRY(Endpoint first, parse_endpoint(text.substr(0, dash), default_port));
  if (dash == std::string_view::npos) return EndpointRange{first, first.port};
  auto last =
      parse_int<std::uint16_t>(text.substr(dash + 1), 1, std::numeric_limits<std::uint16_t>::max());
  if (!last || first.port == 0 || *last < first.port) {
    return fail(Errc::invalid_argument,
                fmt::format("\"{}\" is not HOST:FIRST-LAST: ports go from 1 to 65535, the smaller "
                            "one first",
                            text.substr(0, 300)));
  }
  return EndpointRange{std::move(first), *last};
}

std::string to_text(const EndpointRange& range) {
  std::string text = to_text(range.first);
  if (range.is_range()) text += fmt::format("-{}", range.last);
  return text;
}

Status check_endpoint_ranges(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) SLUICE_CHECK(parse_endpoint_range(text, std::uint16_t{0}));
  return {};
}

}  // namespace sluice
