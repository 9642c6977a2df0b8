// SPDX-License-Identifier: Apache-2.0
// Adding up what the threads counted.
#include "cli/bench/tally.h"

#include <algorithm>

namespace sluice::cli::bench {

void Tally::count_error(std::string text) {
  constexpr std::size_t different_texts =
      20;  // a server that names a path in each error must not fill the memory
  ++errors;
  if (error_texts.size() >= different_texts && !error_texts.contains(text)) text = "other errors";
  ++error_texts[std::move(text)];
}

void Tally::merge(const Tally& other) {
  latency.merge(other.latency);
  operations += other.operations;
  bytes += other.bytes;
  errors += other.errors;
  for (const auto& [text, count] : other.error_texts) error_texts[text] += count;
  fewest = std::min(fewest, other.fewest);
  most = std::max(most, other.most);
  longest_unanswered = std::max(longest_unanswered, other.longest_unanswered);
}

}  // namespace sluice::cli::bench
