// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include "base/text.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace sluice::cli {
namespace {

std::string name_with_dashes(std::string_view names, std::size_t dashes) {
  for (std::string_view name : split(names, ',')) {
    if (std::min(name.find_first_not_of('-'), name.size()) == dashes) return std::string(name);
  }
  return {};
}

}  // namespace

std::string OptionSpec::long_name() const {
  std::string name = name_with_dashes(names, 2);
  return name.empty() ? short_name() : name;
}
std::string OptionSpec::short_name() const { return name_with_dashes(names, 1); }

Status parse_value(std::string_view text, std::string& field) {
  field = text;
  return {};
}
Status parse_value(std::string_view text, int& field) {
  SLUICE_TRY(field, parse_int<int>(text, std::numeric_limits<int>::min(),
                                   std::numeric_limits<int>::max()));
  return {};
}
Status parse_value(std::string_view text, std::uint64_t& field) {
  SLUICE_TRY(field, parse_int<std::uint64_t>(text, 0, std::numeric_limits<std::uint64_t>::max()));
  return {};
}
Status parse_value(std::string_view text, double& field) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), field);
  if (error == std::errc{} && end == text.data() + text.size()) return {};
  return fail(Errc::invalid_argument, fmt::format("not a number: \"{}\"", text.substr(0, 64)));
}
Status parse_value(std::string_view text, Bytes& field) {
  SLUICE_TRY(field, parse_bytes(text));
  return {};
}
Status parse_value(std::string_view text, Duration& field) {
  SLUICE_TRY(field, parse_duration(text));
  return {};
}

std::string default_text(int field) { return std::to_string(field); }
std::string default_text(std::uint64_t field) { return std::to_string(field); }
std::string default_text(double field) { return fmt::format("{}", field); }

OptionSpec& Options::add(std::string names, std::string value_word, std::string help) {
  OptionSpec& spec = specs_.emplace_back();
  spec.names = std::move(names);
  spec.value = std::move(value_word);
  spec.help = std::move(help);
  return spec;
}

Options& Options::flag(std::string names, bool& field, std::string help) {
  add(std::move(names), {}, std::move(help)).set = [&field](std::string_view) -> Status {
    field = true;
    return {};
  };
  return *this;
}

Options& Options::choice(std::string names, std::string value_word, std::string& field,
                         std::vector<std::string> choices, std::string help) {
  value(std::move(names), std::move(value_word), field, std::move(help), Complete::choice);
  OptionSpec& spec = specs_.back();
  spec.choices = choices;
  spec.set = [&field, choices = std::move(choices)](std::string_view text) -> Status {
    if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
      return fail(Errc::usage, fmt::format("\"{}\" is none of {}", text, fmt::join(choices, ", ")));
    }
    field = text;
    return {};
  };
  return *this;
}

Options& Options::arguments(std::string word, std::vector<std::string>& field, std::size_t least,
                            std::string help, Complete complete) {
  OptionSpec& spec = add(std::move(word), {}, std::move(help));
  spec.least = least;
  spec.most = std::numeric_limits<std::size_t>::max();
  spec.complete = complete;
  spec.set = [&field](std::string_view text) { return parse_value(text, field); };
  return *this;
}

}  // namespace sluice::cli
