// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/signing_policy.h"

#include "base/text.h"

#include <fmt/format.h>

namespace sluice::auth::gsi {
namespace {

// One spelling of the parts that have several.
std::string usual_form(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"/Email=", "/emailAddress="}, {"/E=", "/emailAddress="}, {"/USERID=", "/UID="}};
  std::string out;
  while (!name.empty()) {
    std::size_t taken = 0;
    for (auto [other, usual] : words) {
      if (!name.starts_with(other)) continue;
      out += usual;
      taken = other.size();
      break;
    }
    if (taken == 0) {
      out += name.front();
      taken = 1;
    }
    name.remove_prefix(taken);
  }
  return out;
}

std::string_view next_word(std::string_view& line) {
  line = trim(line);
  std::size_t end = line.find_first_of(" \t");
  std::string_view word = line.substr(0, end);
  line = end == line.npos ? std::string_view() : trim(line.substr(end));
  return word;
}

// What stands between the quotes, or the word when there are none.
std::string_view unquoted(std::string_view text, char quote) {
  if (text.size() >= 2 && text.front() == quote && text.back() == quote)
    return text.substr(1, text.size() - 2);
  return text;
}

// '"/C=A/*" "/C=B/*"', or '/C=A/*' alone.
std::vector<std::string> subjects_in(std::string_view text) {
  text = trim(unquoted(trim(text), '\''));
  std::vector<std::string> out;
  if (!text.starts_with('"')) {
    if (!text.empty()) out.push_back(usual_form(text));
    return out;
  }
  while (text.starts_with('"')) {
    std::size_t end = text.find('"', 1);
    if (end == text.npos) return {};
    out.push_back(usual_form(text.substr(1, end - 1)));
    text = trim(text.substr(end + 1));
  }
  return text.empty() ? out : std::vector<std::string>{};
}

}  // namespace

// * goes back to the last star only, so that the time is bounded by the product of the lengths.
bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<SigningPolicy> SigningPolicy::parse(std::string_view text) {
  SigningPolicy out;
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    std::string_view word = next_word(line);
    std::string_view second = next_word(line);
    auto wrong = [&] {
      return fail(Errc::invalid_argument, fmt::format("line {} is not understood", number));
    };
    if (word == "access_id_CA") {
      if (to_lower(second) != "x509" || line.empty()) return wrong();
      out.entries_.push_back({usual_form(unquoted(unquoted(line, '\''), '"')), false, {}});
    } else if (out.entries_.empty()) {
      return wrong();
    } else if (word == "pos_rights") {
      if (second == "globus" && line == "CA:sign") out.entries_.back().may_sign = true;
    } else if (word == "cond_subjects") {
      std::vector<std::string> subjects = subjects_in(line);
      if (second != "globus" || subjects.empty()) return wrong();
      for (std::string& subject : subjects)
        out.entries_.back().subjects.push_back(std::move(subject));
    } else {
      return wrong();
    }
  }
  return out;
}

bool SigningPolicy::allows(std::string_view authority, std::string_view subject) const {
  std::string issuer = usual_form(authority);
  std::string name = usual_form(subject);
  for (const Entry& entry : entries_) {
    if (!entry.may_sign || entry.authority != issuer) continue;
    for (const std::string& pattern : entry.subjects) {
      if (matches_pattern(pattern, name)) return true;
    }
  }
  return false;
}

}  // namespace sluice::auth::gsi
