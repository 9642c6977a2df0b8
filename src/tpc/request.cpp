// SPDX-License-Identifier: Apache-2.0
#include "tpc/request.h"

#include "base/units.h"
#include "xroot/opaque.h"

namespace sluice::tpc {
namespace {

constexpr std::size_t max_key = 128;
constexpr std::size_t max_host = 255;
constexpr std::size_t max_origin = 512;

constexpr std::string_view prefix = "tpc.";

tl::unexpected<Error> conflicting() {
  return fail(Errc::invalid_argument, "conflicting words about a third-party copy (tpc.*)");
}

Status check_sizes(const Request& request) {
  if (request.key.size() <= max_key && request.destination.size() <= max_host &&
      request.origin.size() <= max_origin)
    return {};
  return fail(Errc::too_long, "a word about the third-party copy (tpc.*) is too long");
}

// Of a client that reads, with a key.
Result<Part> part_of_reader(const xroot::Opaque& opaque, const Request& request) {
  const bool is_announced = !request.destination.empty();
  const bool is_fetched = !request.origin.empty();
  if (is_announced == is_fetched) {
    // With neither it has credentials of its own, delegated ones.
    return is_announced ? Result<Part>(conflicting()) : Part::none;
  }
  if (is_announced) return Part::announcement;
  return opaque.get("authz").value_or("").empty() ? Part::fetch : Part::none;
}

}  // namespace

bool is_third_party(std::string_view wire) {
  const std::size_t mark = wire.find('?');
  return mark != std::string_view::npos && wire.find(prefix, mark) != std::string_view::npos;
}

Result<Request> request_of(std::string_view wire, bool writes) {
  Request request;
  if (!is_third_party(wire)) return request;
  const xroot::Opaque opaque(wire.substr(wire.find('?')));
  request.key = opaque.get("tpc.key").value_or("");
  request.destination = opaque.get("tpc.dst").value_or("");
  request.origin = opaque.get("tpc.org").value_or("");
  SLUICE_CHECK(check_sizes(request));
  if (auto lifetime = opaque.get("tpc.ttl")) {
    // What is no number is no reason to refuse a copy.
    if (auto seconds = parse_int<std::int64_t>(*lifetime, 1, 86'400))
      request.lifetime = std::chrono::seconds(*seconds);
  }
  const std::string_view stage = opaque.get("tpc.stage").value_or("");
  if (writes) {
    if (stage == "copy" || opaque.get("tpc.src")) request.part = Part::order;
    return request;
  }
  if (stage == "placement") {
    request.part = Part::placement;
  } else if (!request.key.empty()) {
    SLUICE_TRY(request.part, part_of_reader(opaque, request));
  } else if (!request.destination.empty() || !request.origin.empty()) {
    return conflicting();
  }
  return request;
}

}  // namespace sluice::tpc
