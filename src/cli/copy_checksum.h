// SPDX-License-Identifier: Apache-2.0
// What --checksum TYPE[:WHAT] asks for, and how it is answered: by the server that holds a file, or
// from the bytes as they pass.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::cli {

struct CopyChecksum {
  enum class Check : std::uint8_t {
    end_to_end,  // the sum of the source and the sum of the target must agree
    source,  // the sum that the source's server tells and that of the bytes that arrived must agree
    print,   // nothing is compared
    value,   // the bytes must have the sum `expected`
  };
  std::string type;  // "adler32", lower case
  Check check = Check::end_to_end;
  std::string expected;

  bool operator==(const CopyChecksum&) const = default;
};

// "adler32", "crc32c:print", "md5:source", "adler32:end2end", "adler32:0a1b2c3d". Errc::usage names
// what is wrong.
Result<CopyChecksum> parse_copy_checksum(std::string_view text);

// Sums are compared as numbers in hexadecimal: "0A1b" and "a1b" are the same.
bool is_same_sum(std::string_view a, std::string_view b);

}  // namespace sluice::cli
