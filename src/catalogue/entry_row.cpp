// SPDX-License-Identifier: Apache-2.0
#include "catalogue/entry_row.h"

#include "base/text.h"
#include "catalogue/acl.h"
#include "catalogue/marks.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::catalogue {
namespace {

constexpr std::int64_t directory_time_step = 1'000'000'000;  // ns

constexpr sql::Query by_id{"SELECT " SLUICE_ENTRY_COLUMNS
                           " FROM entry WHERE id = :id AND upload = 0",
                           "i", SLUICE_ENTRY_LETTERS};
constexpr sql::Query by_name{"SELECT " SLUICE_ENTRY_COLUMNS
                             " FROM entry WHERE parent = :parent AND upload = 0 AND name = :name",
                             "it", SLUICE_ENTRY_LETTERS};
constexpr sql::Query touch{
    "UPDATE entry SET modified = :modified, changed = :changed WHERE id = :id AND modified < :told",
    "iiii", ""};

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

Entry entry_of(const sql::Row& row, std::size_t first) {
  Entry entry;
  entry.id = {row.integer(first)};
  entry.parent = {row.integer(first + 1)};
  entry.name = row.text(first + 2);
  entry.kind = static_cast<EntryKind>(row.integer(first + 3));
  entry.mode = static_cast<std::uint32_t>(row.integer(first + 4));
  entry.owner = row.integer(first + 5);
  entry.group = row.integer(first + 6);
  entry.size = static_cast<std::uint64_t>(row.integer(first + 7));
  entry.modified_ns = row.integer(first + 8);
  entry.changed_ns = row.integer(first + 9);
  entry.accessed_ns = row.integer(first + 10);
  entry.born_ns = row.integer(first + 11);
  entry.storage_class = row.text(first + 12);
  entry.checksums = checksums_of(row.text(first + 13));
  entry.target = row.text(first + 14);
  entry.acl = stored_acl(row.text(first + 15));
  return entry;
}

Result<std::optional<Entry>> one_entry(sql::Session& session, const sql::Query& query,
                                       std::initializer_list<sql::Value> values) {
  std::optional<Entry> entry;
  SLUICE_TRY([[maybe_unused]] auto rows,
             session.run(query, values, [&](const sql::Row& row) { entry = entry_of(row); }));
  return entry;
}

Result<std::optional<Entry>> find_entry(sql::Session& session, FileId id) {
  return one_entry(session, by_id, {id.number});
}

Result<std::optional<Entry>> find_child(sql::Session& session, FileId parent,
                                        std::string_view name) {
  return one_entry(session, by_name, {parent.number, name});
}

Status touch_directory(sql::Session& session, FileId directory, std::int64_t now) {
  SLUICE_TRY(const std::uint64_t touched,
             session.run(touch, {now, now, directory.number, now - directory_time_step}));
  if (touched > 0) session.mark(mark_of(directory));
  return {};
}

sql::Value acl_value(const SharedAcl& acl) {
  if (!acl) return {};
  return std::string_view(acl->text());
}

Checksums checksums_of(std::string_view text) {
  Checksums out;
  if (text.empty()) return out;
  const std::vector<std::string_view> words = split(text, ' ');
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) out.emplace(words[i], words[i + 1]);
  return out;
}

std::string checksums_text(const Checksums& checksums) {
  std::string out;
  for (const auto& [type, value] : checksums) {
    out.append(out.empty() ? "" : " ").append(type).append(" ").append(value);
  }
  return out;
}

Status check_checksums(const Checksums& checksums) {
  for (const auto& [type, value] : checksums) {
    if (!is_word(type) || !is_word(value)) {
      return fail(Errc::invalid_argument, fmt::format("not a checksum: {} {}", type, value));
    }
  }
  return {};
}

}  // namespace sluice::catalogue
