// SPDX-License-Identifier: Apache-2.0
#include "catalogue/sql/migrations.h"

#include "base/text.h"
#include "catalogue/catalogue_log.h"

#include <chrono>

namespace sluice::catalogue::sql {
namespace {

constexpr Query lock_schema{"{lock_schema}", "", "i"};
constexpr std::string_view create_versions =
    "CREATE TABLE IF NOT EXISTS schema_version ("
    "version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL)";
constexpr Query newest_version{"SELECT COALESCE(MAX(version), 0) FROM schema_version", "", "i"};
constexpr Query add_version{
    "INSERT INTO schema_version (version, name, applied) VALUES (:version, :name, :applied)", "iti",
    ""};

std::int64_t seconds_now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

Status apply(Session& session, const Migration& migration) {
  for (const std::string& statement : statements_of(migration.text)) {
    if (Status done = session.run_once(statement); !done) {
      done.error().detail += " (in " + std::string(migration.name) + ")";
      return done;
    }
  }
  SLUICE_TRY([[maybe_unused]] auto rows,
             session.run(add_version, {migration.version, migration.name, seconds_now()}));
  log.info("schema.migrated", {{"version", migration.version}, {"name", migration.name}});
  return {};
}

}  // namespace

std::vector<std::string> statements_of(std::string_view text) {
  std::vector<std::string> out;
  std::string statement;
  for (std::string_view line : split(text, '\n')) {
    std::string_view code = trim(line.substr(0, line.find("--")));
    if (code.empty()) continue;
    const bool ends = code.ends_with(';');
    if (ends) code.remove_suffix(1);
    statement.append(statement.empty() ? "" : "\n").append(code);
    if (ends) out.push_back(std::exchange(statement, {}));
  }
  if (!statement.empty()) out.push_back(std::move(statement));
  return out;
}

Status migrate(Session& session, std::span<const Migration> migrations) {
  SLUICE_TRY([[maybe_unused]] auto locked, session.run(lock_schema));
  SLUICE_CHECK(session.run_once(create_versions));
  std::int64_t version = 0;
  SLUICE_TRY([[maybe_unused]] auto rows,
             session.run(newest_version, {}, [&](const Row& row) { version = row.integer(0); }));
  const auto known = static_cast<std::int64_t>(migrations.size());
  if (version > known) {
    return fail(Errc::unsupported, "catalogue: the database has schema version " +
                                       std::to_string(version) + ", this program knows " +
                                       std::to_string(known) + ": start a newer program");
  }
  for (const Migration& migration : migrations.subspan(static_cast<std::size_t>(version))) {
    SLUICE_CHECK(apply(session, migration));
  }
  return {};
}

}  // namespace sluice::catalogue::sql
