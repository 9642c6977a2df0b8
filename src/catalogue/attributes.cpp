// SPDX-License-Identifier: Apache-2.0
#include "catalogue/attributes.h"

#include "catalogue/hex.h"

namespace sluice::catalogue {
namespace {

constexpr sql::Query insert{
    "INSERT INTO attribute (entry, name, value) VALUES (:entry, :name, :value) "
    "ON CONFLICT (entry, name) DO NOTHING",
    "itt", ""};
constexpr sql::Query replace{
    "UPDATE attribute SET value = :value WHERE entry = :entry AND name = :name", "tit", ""};
constexpr sql::Query count{"SELECT COUNT(*) FROM attribute WHERE entry = :entry", "i", "i"};
constexpr sql::Query one{"SELECT value FROM attribute WHERE entry = :entry AND name = :name", "it",
                         "t"};
constexpr sql::Query erase{"DELETE FROM attribute WHERE entry = :entry AND name = :name", "it", ""};
constexpr sql::Query names{"SELECT name, '' FROM attribute WHERE entry = :entry ORDER BY name", "i",
                           "tt"};
constexpr sql::Query names_and_values{
    "SELECT name, value FROM attribute WHERE entry = :entry ORDER BY name", "i", "tt"};

Status check_attribute_name(std::string_view name) {
  if (name.empty() || !is_plain_text(name)) {
    return fail(Errc::invalid_argument, "the name of an attribute is UTF-8 text");
  }
  if (name.size() > max_attribute_name) {
    return fail(Errc::too_long, "the name of an attribute has at most 248 bytes");
  }
  return {};
}

tl::unexpected<Error> no_attribute(std::string_view name) {
  return fail(Errc::no_attribute, std::string(name));
}

Status check_count(sql::Session& session, FileId entry) {
  std::int64_t number = 0;
  SLUICE_TRY(
      [[maybe_unused]] auto rows,
      session.run(count, {entry.number}, [&](const sql::Row& row) { number = row.integer(0); }));
  if (static_cast<std::size_t>(number) <= max_attributes) return {};
  return fail(Errc::too_long, "an entry has at most 256 attributes");
}

}  // namespace

Status Attributes::set(FileId entry, std::string_view name, std::string_view value,
                       bool must_be_new) {
  SLUICE_CHECK(check_attribute_name(name));
  if (value.size() > max_attribute_value) {
    return fail(Errc::too_long, "an attribute has at most 64 KiB");
  }
  const std::string hex = to_hex(value);
  const std::string_view text = hex;
  Status done = database_.write("set_attribute", [&](sql::Session& session) -> Status {
    SLUICE_TRY(const std::uint64_t made, session.run(insert, {entry.number, name, text}));
    if (made > 0) return check_count(session, entry);
    if (must_be_new) return fail(Errc::exists, "attribute " + std::string(name));
    SLUICE_TRY([[maybe_unused]] auto replaced, session.run(replace, {text, entry.number, name}));
    return {};
  });
  if (!done && done.error().code == Errc::conflict) {
    return fail(Errc::not_found, "no entry of id " + std::to_string(entry.number));
  }
  return done;
}

Result<std::string> Attributes::get(FileId entry, std::string_view name) {
  SLUICE_CHECK(check_attribute_name(name));
  return database_.read([&](sql::Session& session) -> Result<std::string> {
    std::string value;
    SLUICE_TRY(const std::uint64_t rows,
               session.run(one, {entry.number, name},
                           [&](const sql::Row& row) { value = from_hex(row.text(0)); }));
    if (rows == 0) return no_attribute(name);
    return value;
  });
}

Status Attributes::remove(FileId entry, std::string_view name) {
  SLUICE_CHECK(check_attribute_name(name));
  return database_.write("remove_attribute", [&](sql::Session& session) -> Status {
    SLUICE_TRY(const std::uint64_t gone, session.run(erase, {entry.number, name}));
    if (gone == 0) return no_attribute(name);
    return {};
  });
}

Result<std::vector<Attribute>> Attributes::list(FileId entry, bool values) {
  return database_.read([&](sql::Session& session) -> Result<std::vector<Attribute>> {
    std::vector<Attribute> out;
    SLUICE_TRY(
        [[maybe_unused]] auto rows,
        session.run(values ? names_and_values : names, {entry.number}, [&](const sql::Row& row) {
          out.push_back({row.text(0), from_hex(row.text(1))});
        }));
    return out;
  });
}

}  // namespace sluice::catalogue
