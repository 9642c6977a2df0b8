// SPDX-License-Identifier: Apache-2.0
#include "catalogue/sql/fault.h"

#include "catalogue/catalogue_log.h"
#include "catalogue/types.h"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <array>
#include <atomic>

namespace sluice::catalogue::sql {
namespace {

struct StateRow {
  std::string_view prefix;  // of the SQLSTATE
  Errc code;
  Fault fault;
};

// PostgreSQL 15, appendix A. The first row that fits counts.
constexpr std::array states{
    StateRow{"23505", Errc::exists, Fault::final},            // unique_violation
    StateRow{"23503", Errc::conflict, Fault::final},          // foreign_key_violation
    StateRow{"23514", Errc::invalid_argument, Fault::final},  // check_violation
    StateRow{"22", Errc::invalid_argument, Fault::final},     // data exceptions
    StateRow{"40001", Errc::overloaded, Fault::busy},         // serialization_failure
    StateRow{"40P01", Errc::overloaded, Fault::busy},         // deadlock_detected
    StateRow{"55P03", Errc::overloaded, Fault::busy},         // lock_not_available
    StateRow{"53300", Errc::overloaded, Fault::lost},         // too_many_connections
    StateRow{"53100", Errc::no_space, Fault::final},          // disk_full
    StateRow{"25006", Errc::read_only, Fault::lost},  // a standby: the address may lead elsewhere
    StateRow{"08", Errc::connection, Fault::lost},
    StateRow{"57P", Errc::connection, Fault::lost},    // shut down, crashed, starting
    StateRow{"25P03", Errc::connection, Fault::lost},  // idle_in_transaction_session_timeout
    StateRow{"58", Errc::io, Fault::final},
};

// Where the database is and why it does not answer is no business of clients. Once in a while, as every request meets it.
void tell_operators(const std::string& why) {
  constexpr std::int64_t pause_ns = 5'000'000'000;
  static std::atomic<std::int64_t> last{0};
  const std::int64_t now = system_clock_ns();
  std::int64_t before = last.load(std::memory_order_relaxed);
  if (now - before > pause_ns && last.compare_exchange_strong(before, now))
    log.warn("database.unreachable", {{"why", why}});
}

Failure failure(Errc code, Fault fault, const std::string& message) {
  // One line for logs; libpq ends its messages with a newline.
  std::string text = message.substr(0, 500);
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  while (text.ends_with(' ')) text.pop_back();
  if (fault == Fault::lost) {
    tell_operators(text);
    text = "the database cannot be reached";
  }
  return {Error{code, "catalogue: " + text, std::source_location::current()}, fault};
}

Failure of_postgresql(soci::session& session, const soci::postgresql_soci_error& error) {
  for (const StateRow& row : states) {
    if (error.sqlstate().starts_with(row.prefix)) {
      return failure(row.code, row.fault, error.get_error_message());
    }
  }
  // A connection that broke in the middle of a statement has no SQLSTATE.
  if (!session.is_connected()) {
    return failure(Errc::connection, Fault::lost, error.get_error_message());
  }
  return failure(Errc::server, Fault::final, error.get_error_message());
}

// Only SQLite's sessions come here. Their type keeps its run-time identity inside its library, so a sanitizer cannot check it.
__attribute__((no_sanitize("vptr"))) int extended_code(soci::session& session) {
  auto* backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
  return backend == nullptr ? 0 : sqlite_api::sqlite3_extended_errcode(backend->conn_);
}

Failure of_sqlite(soci::session& session, const soci::sqlite3_soci_error& error) {
  using namespace sqlite_api;
  const std::string message = error.get_error_message();
  const int extended = extended_code(session);
  switch (error.result() & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return failure(Errc::overloaded, Fault::busy, message);
    case SQLITE_CONSTRAINT:
      if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY) {
        return failure(Errc::exists, Fault::final, message);
      }
      if (extended == SQLITE_CONSTRAINT_FOREIGNKEY) {
        return failure(Errc::conflict, Fault::final, message);
      }
      return failure(Errc::invalid_argument, Fault::final, message);
    case SQLITE_FULL:
      return failure(Errc::no_space, Fault::final, message);
    case SQLITE_READONLY:
      return failure(Errc::read_only, Fault::final, message);
    case SQLITE_NOMEM:
      return failure(Errc::no_memory, Fault::final, message);
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
      return failure(Errc::io, Fault::final, message);
    default:
      return failure(Errc::server, Fault::final, message);
  }
}

}  // namespace

Failure current_failure(soci::session& session, Engine engine) {
  try {
    throw;
  } catch (const soci::postgresql_soci_error& error) {
    return of_postgresql(session, error);
  } catch (const soci::sqlite3_soci_error& error) {
    return of_sqlite(session, error);
  } catch (const soci::soci_error& error) {
    // Without a code: a connection that could not be made, or wrong use of SOCI.
    const bool lost = engine == Engine::postgresql && !session.is_connected();
    return failure(lost ? Errc::connection : Errc::server, lost ? Fault::lost : Fault::final,
                   error.get_error_message());
  }
}

}  // namespace sluice::catalogue::sql
