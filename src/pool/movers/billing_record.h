// SPDX-License-Identifier: Apache-2.0
// What billing says about one finished transfer, and its line of JSON.
#pragma once

#include "base/result.h"
#include "base/units.h"
#include "pool/movers/mover.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::pool {

struct BillingRecord {
  std::chrono::system_clock::time_point time = std::chrono::system_clock::now();  // of the end
  MoverRequest request;
  Duration waited{};
  Duration running{};
  std::uint64_t bytes = 0;  // moved, in all
  std::uint64_t size = 0;   // of the file in the end
  std::string checksum;     // "adler32:0a1b2c3d", or empty
  std::optional<Error> error;
};

// All that a mover knows; size and checksum are the caller's. A mover that was ended gives the error.
BillingRecord record_of(const Mover& mover);

// One line with its line feed. All keys are always there. Whatever the texts hold it is JSON in UTF-8 on one line, and of a
// path or an error's text nothing from the first '?' on appears: opaque text may carry tokens.
std::string to_json_line(const BillingRecord& record, std::string_view pool);

}  // namespace sluice::pool
