// SPDX-License-Identifier: Apache-2.0
// How a failure reads: "sluice cp: root://host//f: Already exists: give --force to replace it". One
// line, the object named once, then what went wrong, then what to do about it.
#pragma once

#include "base/result.h"
#include "cli/json.h"

#include <string>
#include <string_view>

namespace sluice::cli {

// What a user can do about an error of this kind; empty when the text of the error says all there
// is.
std::string_view remedy(Errc code);

// An empty `advice` means remedy().
std::string failure_line(std::string_view command, std::string_view object, const Error& error,
                         std::string_view advice = {});

// {"error":"not_found","exit":54,"command":..,"object":..,"message":..,"remedy":..}
JsonObject failure_json(std::string_view command, std::string_view object, const Error& error,
                        std::string_view advice = {});

}  // namespace sluice::cli
