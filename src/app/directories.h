// SPDX-License-Identifier: Apache-2.0
// Directories that the server makes for itself.
#pragma once

#include "base/result.h"

#include <string>

namespace sluice::app {

Status make_directory(const std::string& path);
// Makes `path` where it is below the server's own directory; elsewhere it is the operator's and must be there.
Status make_below(const std::string& own, const std::string& path);

}  // namespace sluice::app
