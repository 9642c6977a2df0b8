// SPDX-License-Identifier: Apache-2.0
#include "app/directories.h"

#include <filesystem>

namespace sluice::app {

Status make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(Errc::local, path + ": " + error.message());
  return {};
}

Status make_below(const std::string& own, const std::string& path) {
  return path.starts_with(own + "/") ? make_directory(path) : Status();
}

}  // namespace sluice::app
