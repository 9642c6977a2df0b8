// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace sluice {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array size_units = {Unit{"TiB", 1ULL << 40},
                                   Unit{"TB", 1'000'000'000'000},
                                   Unit{"GiB", 1ULL << 30},
                                   Unit{"GB", 1'000'000'000},
                                   Unit{"MiB", 1ULL << 20},
                                   Unit{"MB", 1'000'000},
                                   Unit{"KiB", 1ULL << 10},
                                   Unit{"kB", 1'000},
                                   Unit{"B", 1}};
constexpr std::array time_units = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"min", 60'000},
                                   Unit{"s", 1'000}, Unit{"ms", 1}};

// The number in front of one of `units`, in the smallest of them.
template <std::size_t n>
Result<std::uint64_t> parse_quantity(std::string_view text, const std::array<Unit, n>& units,
                                     std::string_view example) {
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view name =
      error == std::errc{} ? std::string_view(end, text.data() + text.size()) : std::string_view{};
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  for (const Unit& unit : units) {
    if (name != unit.name) continue;
    double product = number * static_cast<double>(unit.factor);
    if (!(product >= 0) || product > 9.2e18) break;
    return static_cast<std::uint64_t>(std::llround(product));
  }
  return fail(Errc::invalid_argument,
              fmt::format("\"{}\" is not a number with a unit, such as \"{}\"", text.substr(0, 64),
                          example));
}

template <std::size_t n>
std::string exact_text(std::uint64_t value, const std::array<Unit, n>& units) {
  for (const Unit& unit : units) {
    bool decimal =
        unit.name.size() == 2 && unit.name.back() == 'B';  // written in binary units only
    if (!decimal && value >= unit.factor && value % unit.factor == 0) {
      return fmt::format("{} {}", value / unit.factor, unit.name);
    }
  }
  return fmt::format("{} {}", value, units.back().name);
}

}  // namespace

Result<Bytes> parse_bytes(std::string_view text) {
  SLUICE_TRY(std::uint64_t count, parse_quantity(text, size_units, "512 KiB"));
  return Bytes{count};
}

Result<Duration> parse_duration(std::string_view text) {
  SLUICE_TRY(std::uint64_t count, parse_quantity(text, time_units, "30 s"));
  return Duration(count);
}

std::string to_text(Bytes size) { return exact_text(size.count, size_units); }
std::string to_text(Duration time) {
  return exact_text(static_cast<std::uint64_t>(time.count()), time_units);
}

std::string human_bytes(double bytes) {
  constexpr std::array names = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t i = 0;
  for (; bytes >= 1024 && i + 1 < names.size(); ++i) bytes /= 1024;
  int digits = i == 0 || bytes >= 100 ? 0 : bytes >= 10 ? 1 : 2;
  return fmt::format("{:.{}f} {}", bytes, digits, names[i]);
}

}  // namespace sluice
