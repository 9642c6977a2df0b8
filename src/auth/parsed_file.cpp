// SPDX-License-Identifier: Apache-2.0
#include "auth/parsed_file.h"

#include "base/log.h"

namespace sluice::auth {
namespace {

const Logger log("auth");

}  // namespace

void log_kept_file(const std::string& path, const Error& error) {
  log.warn("file.kept", {{"path", path}, {"error", error.message()}});
}

}  // namespace sluice::auth
