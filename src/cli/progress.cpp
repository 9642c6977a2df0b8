// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::cli {
namespace {

constexpr std::size_t bar_width = 24;
constexpr std::size_t shortest_bar = 8;

double share(const ProgressState& state) {
  if (*state.bytes_total == 0) return 1;
  return std::min(1.0,
                  static_cast<double>(state.bytes_done) / static_cast<double>(*state.bytes_total));
}

std::string bar(double part, std::size_t width) {
  auto full = static_cast<std::size_t>(part * static_cast<double>(width - 2));
  std::string head = full < width - 2 ? ">" : "";
  return fmt::format("[{:<{}}]", std::string(full, '=') + head, width - 2);
}

// Columns of UTF-8 text, one for each character: enough for names in most scripts.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// The end of the text, which tells more of a path than its start, in `width` columns.
std::string tail_of(std::string_view text, std::size_t width) {
  std::string clean;
  for (char c : text) clean += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  if (columns(clean) <= width) return clean;
  std::string_view rest = clean;
  while (columns(rest) + 3 > width) {
    rest.remove_prefix(1);
    while (!rest.empty() && (static_cast<unsigned char>(rest.front()) & 0xC0) == 0x80)
      rest.remove_prefix(1);
  }
  return fmt::format("...{}", rest);
}

std::string figures(const ProgressState& state) {
  std::string text;
  if (state.files_total > 1)
    text += fmt::format("{}/{} files  ", state.files_done, state.files_total);
  text += human_bytes(static_cast<double>(state.bytes_done));
  if (state.bytes_total)
    text += fmt::format("/{}", human_bytes(static_cast<double>(*state.bytes_total)));
  text += fmt::format("  {}/s", human_bytes(state.bytes_per_second));
  if (state.bytes_total) text += fmt::format("  ETA {}", eta(state));
  return text;
}

}  // namespace

std::string eta(const ProgressState& state) {
  if (!state.bytes_total || state.bytes_per_second <= 0) return "--";
  std::uint64_t left = *state.bytes_total - std::min(state.bytes_done, *state.bytes_total);
  double seconds = static_cast<double>(left) / state.bytes_per_second;
  if (seconds > 99 * 3600.0) return "--";
  auto whole = static_cast<unsigned>(seconds + 0.999);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string progress_line(const ProgressState& state, unsigned width) {
  std::string text = figures(state);
  if (state.bytes_total)
    text = fmt::format("{:>3}%  {}", static_cast<int>(share(state) * 100), text);
  if (text.size() > width) return text.substr(0, width);
  std::size_t room = width - text.size();
  // The last column stays free: some terminals wrap when it is written.
  if (state.bytes_total && room > shortest_bar + 2) {
    std::size_t bar_columns = std::min(bar_width, room - 2);
    text = fmt::format("{} {}", bar(share(state), bar_columns), text);
    room = width - text.size();
  }
  if (room > 14) text = fmt::format("{}  {}", tail_of(state.name, room - 3), text);
  return text;
}

}  // namespace sluice::cli
