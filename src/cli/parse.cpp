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
  option->type_size(1);
  if (spec.is_argument()) {
    option->expected(0, spec.most == 1 ? 1 : CLI::detail::expected_max_vector_size);
  } else {
    option->expected(1)->multi_option_policy(spec.repeatable ? CLI::MultiOptionPolicy::TakeAll
                                                             : CLI::MultiOptionPolicy::TakeLast);
  }
  // Else CLI11 takes a file named "[a]" for a list, and words after an option for more values of
  // it.
  return option->allow_extra_args(false);
}

tl::unexpected<Error> unknown_word(const Options& options, const std::string& word) {
  if (!word.starts_with('-'))
    return fail(Errc::usage, fmt::format("unexpected argument \"{}\"", word));
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

}  // namespace

Result<Parsed> parse(const Options& options, std::vector<std::string> words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<CLI::Option*> bound;
  for (const OptionSpec& spec : options.specs()) bound.push_back(add_to(app, spec));
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return fail(Errc::usage, error.what());
  }
  for (const std::string& word : app.remaining()) {
    if (word != "--") return unknown_word(options, word);
  }
  Parsed parsed;
  for (std::size_t i = 0; i < bound.size(); ++i) {
    SLUICE_CHECK(set_values(options.specs()[i], bound[i]->results()));
    parsed.counts.push_back(bound[i]->results().size());
  }
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
