// SPDX-License-Identifier: Apache-2.0
#include "auth/mapping/words.h"

#include <fmt/format.h>

namespace sluice::auth {

Result<std::vector<std::string>> words_of(std::string_view text) {
  if (text.size() > max_rule)
    return fail(Errc::invalid_argument, fmt::format("more than {} characters", max_rule));
  std::vector<std::string> out;
  std::string word;
  bool in_word = false, in_quotes = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      in_quotes = !in_quotes;
      in_word = true;
      continue;
    }
    if (!in_quotes && (c == ' ' || c == '\t')) {
      if (in_word) out.push_back(std::exchange(word, {}));
      in_word = false;
      continue;
    }
    if (in_quotes && c == '\\' && i + 1 < text.size() &&
        (text[i + 1] == '"' || text[i + 1] == '\\'))
      c = text[++i];
    word.push_back(c);
    in_word = true;
  }
  if (in_quotes) return fail(Errc::invalid_argument, "a quote is not closed");
  if (in_word) out.push_back(std::move(word));
  return out;
}

}  // namespace sluice::auth
