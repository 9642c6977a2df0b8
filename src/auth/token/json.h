// SPDX-License-Identifier: Apache-2.0
// JSON of strangers: bounded in depth and number of values, and no key twice in an object, because two readers of such a text
// would not read the same.
#pragma once

#include "base/result.h"

#include <boost/json/object.hpp>

#include <string_view>

namespace sluice::auth::jwt {

struct JsonBounds {
  std::size_t depth;
  std::size_t values;  // keys count as well
};

// `what` begins the error: "the header of the token".
Result<boost::json::object> read_json(std::string_view text, JsonBounds bounds,
                                      std::string_view what);

// A member that is text without control characters, of at most `max` bytes; empty when there is none. An error when there is
// something else.
Result<std::string> text_member(const boost::json::object& object, std::string_view key,
                                std::size_t max);

// The same for any value; `key` is for the error.
Result<std::string> plain_text(const boost::json::value& value, std::string_view key,
                               std::size_t max);

}  // namespace sluice::auth::jwt
