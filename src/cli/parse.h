// SPDX-License-Identifier: Apache-2.0
// From the words of a command line to the fields that Options binds. The only user of CLI11.
#pragma once

#include "cli/options.h"

#include <string>
#include <vector>

namespace sluice::cli {

// Sets the fields. An error is Errc::usage and names the word that is wrong, with the nearest known
// one. Missing arguments are not reported here but by check_arguments(), so that --help works
// without them.
struct Parsed {
  std::vector<std::size_t> counts;  // values per OptionSpec, in their order
};
Result<Parsed> parse(const Options& options, std::vector<std::string> words);

Status check_arguments(const Options& options, const Parsed& parsed);

}  // namespace sluice::cli
