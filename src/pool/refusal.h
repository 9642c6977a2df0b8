// SPDX-License-Identifier: Apache-2.0
// What a failure of the catalogue says about a change.
#pragma once

#include "base/result.h"

namespace sluice::pool {

// The catalogue said no, and will say no again. After any other failure the change may have been committed.
constexpr bool is_refusal(Errc code) {
  switch (code) {
    case Errc::not_found:
    case Errc::exists:
    case Errc::quota:
    case Errc::conflict:
    case Errc::is_directory:
    case Errc::not_file:
    case Errc::invalid_argument:
      return true;
    default:
      return false;
  }
}

}  // namespace sluice::pool
