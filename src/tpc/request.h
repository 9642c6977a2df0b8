// SPDX-License-Identifier: Apache-2.0
// What an open has to do with a third-party copy, by the words in its CGI. Whoever starts a copy (the orchestrator) asks
// the source whether it has the file (placement), tells the destination what to fetch, and tells the source who will come for
// it; then the destination comes with the same key.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::tpc {

enum class Part : std::uint8_t {
  none,
  placement,     // of the orchestrator at the source: is it there?
  announcement,  // of the orchestrator at the source: that host will come
  fetch,         // of the destination at the source
  order,         // of the orchestrator at the destination
};

// Views into the CGI.
struct Request {
  Part part = Part::none;
  std::string_view key;
  std::string_view destination;  // host that will come
  std::string_view origin;       // USER.PID@HOST of the orchestrator, as the destination knows it
  std::optional<std::chrono::seconds> lifetime;
};

// Whether there is anything about third-party copies in the CGI of a path: one search, for the way that every open takes.
bool is_third_party(std::string_view wire);

// Errc::invalid_argument: words that do not fit together. A destination that brings a token of its own is a reader as any
// other.
Result<Request> request_of(std::string_view wire, bool writes);

}  // namespace sluice::tpc
