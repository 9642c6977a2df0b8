// SPDX-License-Identifier: Apache-2.0
#include "pool/scrub_state.h"

#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>

#include <limits>

namespace sluice::pool {
namespace {

constexpr std::string_view version = "1";
constexpr std::size_t words_of_round = 5;

std::string round_text(const ScrubRound& round) {
  return fmt::format("{} {} {} {} {}", round.began_ns, round.ended_ns, round.replicas, round.bytes,
                     round.broken);
}

template <class T>
Result<T> number(std::string_view word) {
  return parse_int<T>(word, 0, std::numeric_limits<T>::max());
}

Result<ScrubRound> parse_round(std::span<const std::string_view> words) {
  ScrubRound round;
  SLUICE_TRY(round.began_ns, number<std::int64_t>(words[0]));
  SLUICE_TRY(round.ended_ns, number<std::int64_t>(words[1]));
  SLUICE_TRY(round.replicas, number<std::uint64_t>(words[2]));
  SLUICE_TRY(round.bytes, number<std::uint64_t>(words[3]));
  SLUICE_TRY(round.broken, number<std::uint64_t>(words[4]));
  return round;
}

}  // namespace

// "1 <place> <round> <last round>", a round as its five numbers.
std::string to_text(const ScrubState& state) {
  return fmt::format("{} {} {} {}", version, state.place.number, round_text(state.round),
                     round_text(state.last));
}

Result<ScrubState> parse_scrub_state(std::string_view text) {
  const std::vector<std::string_view> words = split(text, ' ');
  if (words.size() != 2 + 2 * words_of_round || words[0] != version)
    return fail(Errc::invalid_argument, "not the state of a scrubber");
  ScrubState state;
  SLUICE_TRY(state.place.number, number<std::int64_t>(words[1]));
  const std::span rounds = std::span(words).subspan(2);
  SLUICE_TRY(state.round, parse_round(rounds.first(words_of_round)));
  SLUICE_TRY(state.last, parse_round(rounds.last(words_of_round)));
  return state;
}

}  // namespace sluice::pool
