// SPDX-License-Identifier: Apache-2.0
// One connection to the database with its prepared statements. Used by one thread at a time; every call blocks.
#pragma once

#include "base/result.h"
#include "base/units.h"
#include "catalogue/sql/engine.h"
#include "catalogue/sql/query.h"

#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace sluice::catalogue::sql {

// What the last failure means for the transaction around it.
enum class Fault : std::uint8_t {
  none,
  final,  // doing the same again gives the same
  busy,   // somebody was faster: roll back and do it again
  lost,   // the connection is gone, and with it what was not committed
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> connect(const Address& address, Duration busy_timeout);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Rows that came out, or rows that were changed where nothing comes out. Errors a caller tells apart: exists (a name
  // or key is taken), conflict (a row it refers to is missing, or others refer to it).
  Result<std::uint64_t> run(const Query& query, std::span<const Value> values,
                            const RowSink& sink = {});
  Result<std::uint64_t> run(const Query& query, std::initializer_list<Value> values = {},
                            const RowSink& sink = {}) {
    return run(query, std::span(values.begin(), values.size()), sink);
  }
  // A statement that nobody repeats, as migrations have them; {words} are expanded.
  Status run_once(std::string_view text);

  Status begin_write();
  Status commit();
  // What follows can be taken back alone; not when it fails, then only the whole can.
  Status set_savepoint();
  Status release_savepoint();
  Status roll_back_to_savepoint();
  // Never fails: what cannot be rolled back is lost, and a lost session is thrown away.
  void roll_back();

  // What the transaction changes, for those who keep what they read (see marks.h). Transactions that share a commit share the
  // list, and what is rolled back may stay in it: to forget too much does no harm.
  void mark(std::uint64_t changed) { marks_.push_back(changed); }
  std::vector<std::uint64_t> take_marks() { return std::exchange(marks_, {}); }

  Engine engine() const { return engine_; }
  Fault fault() const { return fault_; }

 private:
  struct Connection;
  struct Prepared;
  explicit Session(Engine engine);

  Result<Prepared*> prepared(const Query& query);
  Status run_quietly(const Query& query);
  void give_up(const Query& query);
  template <class Function>
  auto guarded(Function function) -> decltype(function());

  const Engine engine_;
  std::unique_ptr<Connection> connection_;
  Fault fault_ = Fault::none;
  std::vector<std::uint64_t> marks_;
};

}  // namespace sluice::catalogue::sql
