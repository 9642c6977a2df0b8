// SPDX-License-Identifier: Apache-2.0
#include "cli/copy_checksum.h"

#include "base/checksum.h"
#include "base/text.h"

#include <fmt/format.h>

namespace sluice::cli {
namespace {

std::string_view without_leading_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

}  // namespace

Result<CopyChecksum> parse_copy_checksum(std::string_view text) {
  std::size_t colon = std::min(text.find(':'), text.size());
  SLUICE_TRY(const ChecksumRow* row, find_checksum(text.substr(0, colon)));
  CopyChecksum result{
      .type = std::string(row->name), .check = CopyChecksum::Check::end_to_end, .expected = {}};
  if (colon == text.size()) return result;
  std::string what = to_lower(text.substr(colon + 1));
  if (what == "end2end") return result;
  if (what == "source" || what == "print") {
    result.check = what == "source" ? CopyChecksum::Check::source : CopyChecksum::Check::print;
    return result;
  }
  if (what.empty() || what.size() > row->hex_digits ||
      what.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return fail(Errc::usage,
                fmt::format("\"{}\" is neither end2end, source, print nor a {} of {} hex digits",
                            text.substr(colon + 1, 80), row->name, row->hex_digits));
  }
  result.check = CopyChecksum::Check::value;
  result.expected = std::move(what);
  return result;
}

bool is_same_sum(std::string_view a, std::string_view b) {
  return equal_ignoring_case(without_leading_zeros(a), without_leading_zeros(b));
}

}  // namespace sluice::cli
