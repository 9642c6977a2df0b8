// SPDX-License-Identifier: Apache-2.0
// Small operations on text: splitting, trimming, the nearest known word, and the one way in which
// text from outside is escaped for logs and JSON.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// The parts between the separators; always at least one, which may be empty.
std::vector<std::string_view> split(std::string_view text, char separator);

// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text);

// ASCII only: header names, words of protocols.
std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

// Appends `text` as it stands inside the quotes of a JSON string: quotes, backslashes and control
// characters (C1 and line separators too) escaped, bytes that are not UTF-8 replaced by U+FFFD.
void append_escaped(fmt::memory_buffer& out, std::string_view text);
// The same as a string with its quotes.
std::string json_quoted(std::string_view text);

// Insertions, removals and replacements that turn a into b.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The word nearest to `wanted`, unless all are so far that a suggestion would only confuse.
std::optional<std::string_view> nearest(std::string_view wanted,
                                        std::span<const std::string_view> words);

}  // namespace sluice
