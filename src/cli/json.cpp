// SPDX-License-Identifier: Apache-2.0
#include "cli/json.h"

#include "base/text.h"

#include <fmt/format.h>

#include <cmath>

namespace sluice::cli {

JsonObject& JsonObject::raw(std::string_view name, std::string_view value) {
  if (!members_.empty()) members_ += ',';
  members_.append(json_quoted(name)).append(1, ':').append(value);
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, std::string_view text) {
  return raw(name, json_quoted(text));
}

JsonObject& JsonObject::add(std::string_view name, double number) {
  return std::isfinite(number) ? raw(name, fmt::format("{}", number)) : null(name);
}

JsonObject& JsonObject::add(std::string_view name, const JsonArray& array) {
  return raw(name, array.text());
}

JsonArray& JsonArray::add(std::string_view text) {
  if (!items_.empty()) items_ += ',';
  items_ += json_quoted(text);
  return *this;
}

JsonArray& JsonArray::add(const JsonObject& object) {
  if (!items_.empty()) items_ += ',';
  items_ += object.text();
  return *this;
}

JsonArray& JsonArray::add(std::int64_t number) {
  if (!items_.empty()) items_ += ',';
  items_ += std::to_string(number);
  return *this;
}

}  // namespace sluice::cli
