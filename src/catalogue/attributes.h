// SPDX-License-Identifier: Apache-2.0
// Extended attributes: names and values that clients keep with an entry. Values are any bytes. Thread-safe; every call
// blocks.
#pragma once

#include "catalogue/sql/database.h"
#include "catalogue/types.h"

#include <vector>

namespace sluice::catalogue {

struct Attribute {
  std::string name;
  std::string value;
};

class Attributes {
 public:
  explicit Attributes(sql::Database& database) : database_(database) {}

  // Errors: exists (when it must be new), too_long (name, value or number of attributes), not_found for the entry.
  Status set(FileId entry, std::string_view name, std::string_view value, bool must_be_new);
  // Errc::no_attribute.
  Result<std::string> get(FileId entry, std::string_view name);
  Status remove(FileId entry, std::string_view name);
  // By name; without `values` they are empty.
  Result<std::vector<Attribute>> list(FileId entry, bool values);

 private:
  sql::Database& database_;
};

}  // namespace sluice::catalogue
