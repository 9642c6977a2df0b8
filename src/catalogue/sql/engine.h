// SPDX-License-Identifier: Apache-2.0
// The two engines and every word of SQL in which they differ. Statements and migrations write {word}; nothing else in the
// catalogue asks which engine it has.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::catalogue::sql {

enum class Engine : std::uint8_t { sqlite, postgresql };

struct Address {
  Engine engine;
  std::string target;  // path of the file, or what libpq connects to
};

// "sqlite:/path" or "postgresql://...".
Result<Address> parse_address(std::string_view url);

// `text` with its {words} in the language of the engine; a word that is not listed is a bug and throws.
std::string expand(std::string_view text, Engine engine);

// What a new session must be told before its first use.
std::span<const std::string_view> session_setup(Engine engine);

}  // namespace sluice::catalogue::sql
