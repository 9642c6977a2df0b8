// SPDX-License-Identifier: Apache-2.0
// What a command takes on its line: each option and argument is declared once, bound to a field of
// the command. Parsing,
// --help, the reference page and the shell completions all read these declarations.
#pragma once

#include "base/result.h"
#include "base/units.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

// What a shell offers in place of a value.
enum class Complete : std::uint8_t {
  nothing,
  choice,     // one of OptionSpec::choices
  local,      // local files and directories
  directory,  // local directories
  remote,     // root:// URLs, listed with `sluice ls`
  any_path,   // local or remote
};

struct OptionSpec {
  std::string names;  // "-r,--recursive"; of an argument, the word that stands for it: "SOURCE"
  std::string value;  // the word that stands for the value in --help; empty for a flag
  std::string help;
  std::string default_text;  // empty when there is none worth telling
  std::vector<std::string> choices;
  Complete complete = Complete::nothing;
  bool repeatable = false;  // of an option: may stand more than once
  std::size_t least = 0;    // of an argument: how many must stand
  std::size_t most = 0;     // of an argument: how many may; 0 for an option
  std::function<Status(std::string_view)>
      set;  // called once per value; for a flag with an empty text

  bool is_flag() const { return most == 0 && value.empty(); }
  bool is_argument() const { return most > 0; }
  std::string long_name() const;   // "--recursive", or the short one when there is no long one
  std::string short_name() const;  // "-r" or nothing
};

// How a text of the command line becomes a field; an error names the text.
Status parse_value(std::string_view text, std::string& field);
Status parse_value(std::string_view text, int& field);
Status parse_value(std::string_view text, std::uint64_t& field);
Status parse_value(std::string_view text, double& field);
Status parse_value(std::string_view text, Bytes& field);     // "8 MiB"
Status parse_value(std::string_view text, Duration& field);  // "30 s"
template <class T>
Status parse_value(std::string_view text, std::optional<T>& field) {
  return parse_value(text, field.emplace());
}
template <class T>
Status parse_value(std::string_view text, std::vector<T>& field) {
  return parse_value(text, field.emplace_back());
}

// The default a field starts with, as --help shows it; empty for "none".
inline std::string default_text(const std::string& field) { return field; }
std::string default_text(int field);
std::string default_text(std::uint64_t field);
std::string default_text(double field);
inline std::string default_text(Bytes field) { return to_text(field); }
inline std::string default_text(Duration field) { return to_text(field); }
template <class T>
std::string default_text(const std::optional<T>& field) {
  return field ? default_text(*field) : std::string();
}
template <class T>
std::string default_text(const std::vector<T>&) {
  return {};
}

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;

// Filled by Command::declare(). The fields must live as long as the Options.
class Options {
 public:
  Options& flag(std::string names, bool& field, std::string help);

  // -n,--name VALUE. A vector field makes the option repeatable.
  template <class T>
  Options& value(std::string names, std::string value_word, T& field, std::string help,
                 Complete complete = Complete::nothing) {
    OptionSpec& spec = add(std::move(names), std::move(value_word), std::move(help));
    spec.default_text = default_text(field);
    spec.complete = complete;
    spec.repeatable = is_list<T>;
    spec.set = [&field](std::string_view text) { return parse_value(text, field); };
    return *this;
  }

  // An option whose value is one of `choices`.
  Options& choice(std::string names, std::string value_word, std::string& field,
                  std::vector<std::string> choices, std::string help);

  // The next argument of the line, which must be there unless the field is optional.
  template <class T>
  Options& argument(std::string word, T& field, std::string help,
                    Complete complete = Complete::nothing) {
    OptionSpec& spec = add(std::move(word), {}, std::move(help));
    spec.least = 1;
    spec.most = 1;
    spec.complete = complete;
    spec.set = [&field](std::string_view text) { return parse_value(text, field); };
    return *this;
  }
  template <class T>
  Options& argument(std::string word, std::optional<T>& field, std::string help,
                    Complete complete = Complete::nothing) {
    argument<std::optional<T>>(std::move(word), field, std::move(help), complete);
    specs_.back().least = 0;
    return *this;
  }
  // All arguments that are left.
  Options& arguments(std::string word, std::vector<std::string>& field, std::size_t least,
                     std::string help, Complete complete = Complete::nothing);

  const std::vector<OptionSpec>& specs() const { return specs_; }

 private:
  OptionSpec& add(std::string names, std::string value_word, std::string help);

  std::vector<OptionSpec> specs_;
};

}  // namespace sluice::cli
