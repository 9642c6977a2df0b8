// SPDX-License-Identifier: Apache-2.0
// Sizes and durations as people write them in settings and on the command line: "512 KiB", "8MB", "30 s", "1.5 min".
// A bare number is an error, because nobody can tell which unit was meant; kB is 1000 bytes, KiB is 1024.
#pragma once

#include "base/result.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

// A number of bytes.
struct Bytes {
  std::uint64_t count = 0;
  constexpr auto operator<=>(const Bytes&) const = default;
};

constexpr Bytes operator""_B(unsigned long long n) { return {n}; }
constexpr Bytes operator""_KiB(unsigned long long n) { return {n << 10}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return {n << 20}; }
constexpr Bytes operator""_GiB(unsigned long long n) { return {n << 30}; }
constexpr Bytes operator""_TiB(unsigned long long n) { return {n << 40}; }

using Duration = std::chrono::milliseconds;

Result<Bytes> parse_bytes(std::string_view text);
Result<Duration> parse_duration(std::string_view text);

// The shortest exact form: "8 MiB", "1500 ms", "0 B".
std::string to_text(Bytes size);
std::string to_text(Duration time);

// For people: "1.43 GiB", two or three digits, never exact.
std::string human_bytes(double bytes);

// The whole text as a number between lo and hi; anything else is an error that shows the text.
template <class T>
Result<T> parse_int(std::string_view text, T lo, T hi, int base = 10) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(Errc::invalid_argument,
                "not a number: \"" + std::string(text.substr(0, 64)) + "\"");
  }
  if (value < lo || value > hi) {
    return fail(Errc::invalid_argument, std::to_string(value) + " is not between " +
                                            std::to_string(lo) + " and " + std::to_string(hi));
  }
  return value;
}

}  // namespace sluice
