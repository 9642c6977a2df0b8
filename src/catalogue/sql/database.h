// SPDX-License-Identifier: Apache-2.0
// The database: a bounded number of sessions, transactions that are repeated when another one was in the way, and new
// connections in place of lost ones. Thread-safe; every call blocks.
#pragma once

#include "base/result.h"
#include "catalogue/config.h"
#include "catalogue/sql/group_commit.h"
#include "catalogue/sql/session.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sluice::catalogue::sql {

class Database {
 public:
  // Connects, checks the version of the server and brings the schema up to date. `on_change` gets the marks of every
  // transaction after its commit, before its caller hears of it, and also when nobody knows whether it was committed.
  static Result<std::unique_ptr<Database>> open(const CatalogueConfig& config,
                                                OnChange on_change = {});

  // One statement that changes nothing, or that may be done twice.
  template <class Body>
  auto read(Body body) {
    return attempt("read", Kind::statement, std::move(body));
  }

  // A transaction: all of `body` or nothing. It may run several times and on another thread, so it has no effects outside the
  // session and takes no locks. An error after which nobody knows whether it was committed is Errc::server and is never
  // repeated here.
  template <class Body>
  auto write(std::string_view name, Body body) {
    return attempt(name, Kind::transaction, std::move(body));
  }

  Engine engine() const { return address_.engine; }

 private:
  enum class Kind : bool { statement, transaction };
  class Lease;

  Database(Address address, const CatalogueConfig& config, OnChange on_change);

  template <class Body, class R = std::invoke_result_t<Body&, Session&>>
  R attempt(std::string_view name, Kind kind, Body body) {
    std::optional<R> out;
    Status done = repeat(name, kind, [&](Session& session) -> Status {
      out.emplace(body(session));
      if (!*out) return tl::unexpected<Error>(out->error());
      return {};
    });
    if (!done) return tl::unexpected<Error>(std::move(done).error());
    return std::move(*out);
  }
  Status repeat(std::string_view name, Kind kind, const Step& step);
  Outcome once(Kind kind, const Step& step, GroupCommit::Deadline deadline);
  static Outcome read_once(Session& session, const Step& step);
  Outcome write_once(Session& session, const Step& step) const;

  const Address address_;
  const CatalogueConfig config_;
  const OnChange on_change_;
  std::optional<GroupCommit> group_;  // SQLite's changes
  std::mutex mutex_;
  std::condition_variable returned_;
  std::size_t leased_ = 0;
  std::vector<std::unique_ptr<Session>> idle_;  // the last one returned is the first one taken
};

}  // namespace sluice::catalogue::sql
