// SPDX-License-Identifier: Apache-2.0
#include "catalogue/sql/database.h"

#include "catalogue/catalogue_log.h"
#include "catalogue/sql/migrations.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

namespace sluice::catalogue::sql {
namespace {

using Clock = std::chrono::steady_clock;

// The oldest server whose SQL we use (PostgreSQL 15); SQLite's version comes with the program.
constexpr std::int64_t oldest_server = 150'000;
constexpr Query server_version{"{server_version}", "", "i"};

// Doubles from 1 ms to 250 ms, and a random part so that those who collided do not meet again.
void pause(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int upper = 1 << std::min(attempt, 8);
  std::uniform_int_distribution<int> part(upper / 2, upper);
  std::this_thread::sleep_for(std::chrono::milliseconds(std::min(part(random), 250)));
}

// What may be gone at the next attempt.
bool is_passing(Fault fault) { return fault == Fault::busy || fault == Fault::lost; }

}  // namespace

// A session while one call uses it. Connecting happens here, outside of the lock.
class Database::Lease {
 public:
  explicit Lease(Database& database) : database_(database) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { give_back(); }

  Status take(Clock::time_point deadline) {
    {
      std::unique_lock lock(database_.mutex_);
      const bool free = database_.returned_.wait_until(
          lock, deadline, [this] { return database_.leased_ < database_.config_.connections; });
      if (!free) {
        return fail(Errc::overloaded, "catalogue: all connections to the database are in use");
      }
      ++database_.leased_;
      held_ = true;
      if (!database_.idle_.empty()) {
        session_ = std::move(database_.idle_.back());
        database_.idle_.pop_back();
      }
    }
    if (session_) return {};
    SLUICE_TRY(session_, Session::connect(database_.address_, database_.config_.patience));
    return {};
  }

  Session& session() { return *session_; }

 private:
  void give_back() {
    if (!held_) return;
    {
      std::scoped_lock lock(database_.mutex_);
      --database_.leased_;
      if (session_ && session_->fault() != Fault::lost) {
        database_.idle_.push_back(std::move(session_));
      } else {
        // A server that went away took all of them; each would cost a request to find out.
        database_.idle_.clear();
      }
    }
    database_.returned_.notify_one();
  }

  Database& database_;
  std::unique_ptr<Session> session_;
  bool held_ = false;
};

Database::Database(Address address, const CatalogueConfig& config, OnChange on_change)
    : address_(std::move(address)), config_(config), on_change_(std::move(on_change)) {
  if (engine() == Engine::sqlite) group_.emplace(address_, config_.patience, on_change_);
}

Result<std::unique_ptr<Database>> Database::open(const CatalogueConfig& config,
                                                 OnChange on_change) {
  SLUICE_TRY(Address address, parse_address(config.url));
  std::unique_ptr<Database> database(
      new Database(std::move(address), config, std::move(on_change)));
  SLUICE_TRY(std::int64_t version, database->read([](Session& session) -> Result<std::int64_t> {
    std::int64_t number = 0;
    SLUICE_TRY([[maybe_unused]] auto rows,
               session.run(server_version, {}, [&](const Row& row) { number = row.integer(0); }));
    return number;
  }));
  if (version < oldest_server) {
    return fail(Errc::unsupported, "catalogue: the server is of version " +
                                       std::to_string(version / 10'000) +
                                       ", PostgreSQL 15 or newer is needed");
  }
  SLUICE_CHECK(database->write("migrate", [](Session& session) { return migrate(session); }));
  return database;
}

Status Database::repeat(std::string_view name, Kind kind, const Step& step) {
  const Clock::time_point deadline = Clock::now() + config_.patience;
  for (int attempt = 0;; ++attempt) {
    Outcome done = once(kind, step, deadline);
    if (done.status || !done.may_repeat || Clock::now() >= deadline) return std::move(done.status);
    log.debug("transaction.repeated", {{"name", name}, {"why", done.status.error().detail}});
    pause(attempt);
  }
}

Outcome Database::once(Kind kind, const Step& step, Clock::time_point deadline) {
  if (kind == Kind::transaction && group_) return group_->run(step, deadline);
  Lease lease(*this);
  if (Status taken = lease.take(deadline); !taken) {
    const bool may_repeat = taken.error().code == Errc::connection;
    return {std::move(taken), may_repeat};
  }
  return kind == Kind::statement ? read_once(lease.session(), step)
                                 : write_once(lease.session(), step);
}

Outcome Database::read_once(Session& session, const Step& step) {
  Status done = step(session);
  const bool may_repeat = !done && is_passing(session.fault());
  return {std::move(done), may_repeat};
}

Outcome Database::write_once(Session& session, const Step& step) const {
  session.take_marks();  // of an attempt before
  Status done = session.begin_write();
  if (done) done = step(session);
  if (done) {
    done = session.commit();
    tell(on_change_, session);
    if (done) return {};
    // Lost in the middle of a commit: it may have happened.
    if (session.fault() == Fault::lost) {
      return {fail(Errc::server,
                   "catalogue: the connection was lost during a commit, its outcome is unknown")};
    }
  }
  const bool may_repeat = is_passing(session.fault());
  session.roll_back();
  return {std::move(done), may_repeat};
}

}  // namespace sluice::catalogue::sql
