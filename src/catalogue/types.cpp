// SPDX-License-Identifier: Apache-2.0
#include "catalogue/types.h"

#include <algorithm>
#include <chrono>

namespace sluice::catalogue {
namespace {

// Length of the UTF-8 sequence at the start of `text`, 0 when there is none (RFC 3629: no surrogates, nothing overlong).
std::size_t sequence_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF && continues(1) && continues(2)) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4 && continues(1) && continues(2) && continues(3)) {
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

}  // namespace

std::int64_t system_clock_ns() {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

bool is_plain_text(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Status check_name(std::string_view name) {
  if (name.empty() || name == "." || name == "..") {
    return fail(Errc::invalid_argument, "not a name: \"" + std::string(name) + "\"");
  }
  if (name.size() > max_name) return fail(Errc::too_long, "a name of more than 255 bytes");
  const bool controls = std::ranges::any_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '/'; });
  if (controls || !is_plain_text(name)) {
    return fail(Errc::invalid_argument, "a name with control bytes, or not in UTF-8");
  }
  return {};
}

}  // namespace sluice::catalogue
