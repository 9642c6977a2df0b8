// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.h"

#include "base/text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace sluice::cli {
namespace {

CLI::Option* add_to(CLI::App& app, const OptionSpec& spec) {
  if (spec.is_flag()) return app.add_flag(spec.names);
  CLI::Option* option = app.add_option(spec.names);
  option->type_size(1)->expected(1)->multi_option_policy(
      spec.repeatable ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
  // Else CLI11 takes "[a]" for a list, and words after an option for more values of it.
  return option->allow_extra_args(false);
}

tl::unexpected<Error> unknown_option(const Options& options, const std::string& word) {
  std::vector<std::string> names;
  for (const OptionSpec& spec : options.specs()) {
    if (!spec.is_argument()) names.push_back(spec.long_name());
  }
  std::vector<std::string_view> known(names.begin(), names.end());
  auto suggestion = nearest(word.substr(0, word.find('=')), known);
  return fail(Errc::usage,
              fmt::format("unknown option {}{}", word,
                          suggestion ? fmt::format("; did you mean {}?", *suggestion) : ""));
}

// The words that are no options; CLI11 hands them over in their order, with the "--" that ends the options.
Result<std::vector<std::string>> arguments_of(const Options& options,
                                              std::vector<std::string> words) {
  std::vector<std::string> arguments;
  bool options_ended = false;
  for (std::string& word : words) {
    if (!options_ended && word == "--") {
      options_ended = true;
    } else if (!options_ended && word.starts_with('-') && word.size() > 1) {
      return unknown_option(options, word);
    } else {
      arguments.push_back(std::move(word));
    }
  }
  return arguments;
}

Status set_values(const OptionSpec& spec, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (Status set = spec.set(spec.is_flag() ? std::string_view() : value); !set) {
      return fail(Errc::usage,
                  fmt::format("{}: {}", spec.is_argument() ? spec.names : spec.long_name(),
                              set.error().detail));
    }
  }
  return {};
}

// Deals the arguments out to the specs in their order and says how many each got.
Status set_arguments(const Options& options, std::vector<std::string> arguments,
                     std::vector<std::size_t>& counts) {
  auto next = arguments.begin();
  for (std::size_t i = 0; i < options.specs().size(); ++i) {
    const OptionSpec& spec = options.specs()[i];
    if (!spec.is_argument()) continue;
    counts[i] = std::min(spec.most, static_cast<std::size_t>(arguments.end() - next));
    auto end = next + static_cast<std::ptrdiff_t>(counts[i]);
    SLUICE_CHECK(set_values(spec, {next, end}));
    next = end;
  }
  if (next == arguments.end()) return {};
  return fail(Errc::usage, fmt::format("unexpected argument \"{}\"", *next));
}

}  // namespace

Result<Parsed> parse(const Options& options, std::vector<std::string> words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<CLI::Option*> bound;
  for (const OptionSpec& spec : options.specs()) {
    bound.push_back(spec.is_argument() ? nullptr : add_to(app, spec));
  }
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return fail(Errc::usage, error.what());
  }
  SLUICE_TRY(std::vector<std::string> arguments, arguments_of(options, app.remaining()));
  Parsed parsed;
  for (std::size_t i = 0; i < bound.size(); ++i) {
    std::vector<std::string> values = bound[i] ? bound[i]->results() : std::vector<std::string>();
    parsed.counts.push_back(values.size());
    SLUICE_CHECK(set_values(options.specs()[i], values));
  }
  SLUICE_CHECK(set_arguments(options, std::move(arguments), parsed.counts));
  return parsed;
}

Status check_arguments(const Options& options, const Parsed& parsed) {
  for (std::size_t i = 0; i < parsed.counts.size(); ++i) {
    const OptionSpec& spec = options.specs()[i];
    if (parsed.counts[i] < spec.least) {
      return fail(Errc::usage, fmt::format("{} is missing", spec.names));
    }
  }
  return {};
}

}  // namespace sluice::cli
