// SPDX-License-Identifier: Apache-2.0
#include "catalogue/sql/session.h"

#include "catalogue/catalogue_log.h"
#include "catalogue/sql/fault.h"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <stdexcept>
#include <unordered_map>
#include <vector>

namespace sluice::catalogue::sql {
namespace {

constexpr Query savepoint{"SAVEPOINT change", "", ""};
constexpr Query release{"RELEASE SAVEPOINT change", "", ""};
constexpr Query back{"ROLLBACK TO SAVEPOINT change", "", ""};

// What SOCI reads from and writes to: it keeps the addresses.
struct Cell {
  long long number = 0;
  std::string text;
  soci::indicator state = soci::i_ok;
};

void store(Cell& cell, char type, const Value& value) {
  cell.state = std::holds_alternative<std::monostate>(value) ? soci::i_null : soci::i_ok;
  if (cell.state == soci::i_null) return;
  if (type == 'i') {
    cell.number = std::get<std::int64_t>(value);
  } else {
    cell.text = std::get<std::string_view>(value);
  }
}

// Else libpq writes what the server remarks to standard error.
void log_notice(void*, const char* message) {
  std::string_view text = message;
  while (text.ends_with('\n')) text.remove_suffix(1);
  log.debug("server.noticed", {{"text", text}});
}

// A sanitizer cannot check the type, see fault.cpp.
__attribute__((no_sanitize("vptr"))) void receive_notices(soci::session& session) {
  auto* backend = static_cast<soci::postgresql_session_backend*>(session.get_backend());
  PQsetNoticeProcessor(backend->conn_, &log_notice, nullptr);
}

}  // namespace

struct Session::Prepared final : Row {
  Prepared(soci::session& session, const Query& wanted, Engine engine)
      : query(wanted), in(wanted.in.size()), out(wanted.out.size()), statement(session) {
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (query.in[i] == 'i') {
        statement.exchange(soci::use(in[i].number, in[i].state));
      } else {
        statement.exchange(soci::use(in[i].text, in[i].state));
      }
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (query.out[i] == 'i') {
        statement.exchange(soci::into(out[i].number, out[i].state));
      } else {
        statement.exchange(soci::into(out[i].text, out[i].state));
      }
    }
    statement.alloc();
    statement.prepare(expand(query.text, engine));
    statement.define_and_bind();
  }

  std::int64_t integer(std::size_t column) const override {
    return is_null(column) ? 0 : out.at(column).number;
  }
  const std::string& text(std::size_t column) const override {
    static const std::string none;
    return is_null(column) ? none : out.at(column).text;
  }
  bool is_null(std::size_t column) const override { return out.at(column).state != soci::i_ok; }

  const Query& query;
  std::vector<Cell> in;
  std::vector<Cell> out;
  soci::statement statement;
};

struct Session::Connection {
  soci::session soci;
  // These end before the session.
  std::unordered_map<const Query*, std::unique_ptr<Prepared>> prepared;
  std::vector<std::unique_ptr<Prepared>> failed;
  bool in_transaction = false;
};

Session::Session(Engine engine) : engine_(engine), connection_(std::make_unique<Connection>()) {}
Session::~Session() = default;

template <class Function>
auto Session::guarded(Function function) -> decltype(function()) {
  try {
    fault_ = Fault::none;
    return function();
  } catch (const soci::soci_error&) {
    Failure failure = current_failure(connection_->soci, engine_);
    fault_ = failure.fault;
    return tl::unexpected<Error>(std::move(failure.error));
  }
}

Result<std::unique_ptr<Session>> Session::connect(const Address& address, Duration busy_timeout) {
  std::unique_ptr<Session> session(new Session(address.engine));
  soci::session& soci = session->connection_->soci;
  Status opened = session->guarded([&]() -> Status {
    if (address.engine == Engine::postgresql) {
      soci.open(soci::postgresql, address.target);
      receive_notices(soci);
    } else {
      soci.open(soci::sqlite3, "dbname=\"" + address.target + "\"");
      soci << "PRAGMA busy_timeout = " + std::to_string(busy_timeout.count());
    }
    for (std::string_view text : session_setup(address.engine)) soci << std::string(text);
    return {};
  });
  if (!opened) {
    // Whatever keeps a server from being reached may pass; SOCI has no code for it.
    if (address.engine == Engine::postgresql) opened.error().code = Errc::connection;
    return tl::unexpected<Error>(std::move(opened).error());
  }
  return session;
}

Result<Session::Prepared*> Session::prepared(const Query& query) {
  auto& slot = connection_->prepared[&query];
  if (!slot) slot = std::make_unique<Prepared>(connection_->soci, query, engine_);
  return slot.get();
}

Result<std::uint64_t> Session::run(const Query& query, std::span<const Value> values,
                                   const RowSink& sink) {
  if (values.size() != query.in.size()) {
    throw std::logic_error("wrong number of values for: " + std::string(query.text));
  }
  auto result = guarded([&]() -> Result<std::uint64_t> {
    SLUICE_TRY(Prepared * statement, prepared(query));
    for (std::size_t i = 0; i < values.size(); ++i) {
      store(statement->in[i], query.in[i], values[i]);
    }
    bool got = statement->statement.execute(true);
    if (query.out.empty()) {
      return static_cast<std::uint64_t>(statement->statement.get_affected_rows());
    }
    std::uint64_t rows = 0;
    // To the end also when nobody listens: SQLite commits only after its statements have ended.
    for (; got; got = statement->statement.fetch()) {
      ++rows;
      if (sink) sink(*statement);
    }
    return rows;
  });
  if (!result) give_up(query);
  return result;
}

// A statement that failed is of no more use: SQLite's is gone, and PostgreSQL's would leak what SOCI gave it. But PostgreSQL
// refuses to hear of the end of a statement in a transaction that failed, so that waits for its own end.
void Session::give_up(const Query& query) {
  auto failed = connection_->prepared.extract(&query);
  if (!failed.empty() && failed.mapped()) connection_->failed.push_back(std::move(failed.mapped()));
  if (!connection_->in_transaction || engine_ == Engine::sqlite) connection_->failed.clear();
}

Status Session::run_once(std::string_view text) {
  return guarded([&]() -> Status {
    connection_->soci << expand(text, engine_);
    return {};
  });
}

Status Session::begin_write() {
  Status begun = run_once("{begin_write}");
  connection_->in_transaction = begun.has_value();
  return begun;
}

Status Session::commit() {
  Status done = run_once("COMMIT");
  if (done) connection_->in_transaction = false;
  return done;
}

Status Session::run_quietly(const Query& query) {
  const Fault before = fault_;
  auto done = run(query);
  if (!done) return tl::unexpected<Error>(std::move(done).error());
  fault_ = before;
  return {};
}

Status Session::set_savepoint() { return run_quietly(savepoint); }
Status Session::release_savepoint() { return run_quietly(release); }

// SQLite keeps a savepoint that it went back to.
Status Session::roll_back_to_savepoint() {
  SLUICE_CHECK(run_quietly(back));
  return run_quietly(release);
}

void Session::roll_back() {
  const Fault before = fault_;
  if (before == Fault::lost) return;
  Status status = run_once("ROLLBACK");
  // SQLite rolls back by itself after some errors, and says so when told again.
  fault_ = !status && engine_ == Engine::postgresql ? Fault::lost : before;
  connection_->in_transaction = false;
  connection_->failed.clear();
}

}  // namespace sluice::catalogue::sql
