// SPDX-License-Identifier: Apache-2.0
// The bytes of ztn, which both sides share: "ztn\0", version, operation, two reserved bytes, length of the token with its NUL
// (16 bits), token, NUL. XrdCl appends two more bytes, which mean nothing.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth::ztn {

inline constexpr std::string_view name = "ztn";
inline constexpr std::size_t longest = 0xffff - 1;  // what the length field can say

// The token, which is part of `credential`.
Result<std::string_view> token_in(ByteView credential);

// `token` has at most `longest` bytes.
std::vector<std::byte> credential_with(std::string_view token);

// What a server tells in the security token: "<flags and version>:<largest token>:[locations]".
struct Parameters {
  std::uint64_t flags = 0;
  std::uint64_t max_size = 4096;
};
Result<Parameters> parse_parameters(std::string_view text);

}  // namespace sluice::auth::ztn
