// SPDX-License-Identifier: Apache-2.0
// What a server wants signed, as the answer to kXR_protocol says it.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace sluice::xroot {

// The 'S' block: what must be signed.
struct SigningRules {
  bool sign_data = false;           // secOData: payloads of writes too
  bool without_encryption = false;  // secOFrce: the bare hash is good enough
  std::uint8_t level = 0;           // 0 none .. 4 pedantic
  // Exceptions from the level: request number - 3000, and 0 ignore, 1 likely, 2 needed.
  std::vector<std::pair<std::uint8_t, std::uint8_t>> exceptions;

  bool operator==(const SigningRules&) const = default;
};

}  // namespace sluice::xroot
