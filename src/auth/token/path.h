// SPDX-License-Identifier: Apache-2.0
// Paths of tokens. One form is used everywhere: "/" or "/a/b", no component empty, "." or "..", no slash at the end. Text in
// this form is compared component by component.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace sluice::auth {

inline constexpr std::size_t max_scope_path = 4096;  // bytes

// Empty components and "." vanish; "..", control characters and what does not begin with "/" are refused.
Result<std::string> normal_path(std::string_view path);
// The same after percent-decoding (RFC 3986), once. A name cannot contain a slash: "%2f" is refused.
Result<std::string> normal_encoded_path(std::string_view path);

bool is_normal_path(std::string_view path);

// "/a/b" is below "/a", "/a" and "/"; "/ab" is not below "/a". Both in normal form.
bool is_at_or_below(std::string_view path, std::string_view directory);

// The path `below` of the tree that begins at `prefix`. Both in normal form.
std::string join_paths(std::string_view prefix, std::string_view below);

}  // namespace sluice::auth
