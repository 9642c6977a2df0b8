// SPDX-License-Identifier: Apache-2.0
#include "catalogue/signing_keys.h"

#include "catalogue/catalogue_log.h"
#include "catalogue/hex.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

namespace sluice::catalogue {
namespace {

constexpr sql::Query all{"SELECT id, secret, created FROM signing_key ORDER BY id DESC", "", "iti"};
constexpr sql::Query lock_keys{"{lock_keys}", "", "i"};
constexpr sql::Query insert{
    "INSERT INTO signing_key (secret, created) VALUES (:secret, :created) RETURNING id", "ti", "i"};
constexpr sql::Query erase{"DELETE FROM signing_key WHERE created < :oldest", "i", ""};

struct Lifetime {
  std::int64_t now;
  std::int64_t rotate_after;  // ns

  std::int64_t oldest() const { return now - 3 * rotate_after; }
  // Also a key of a clock that was wrong, which would else sign for as long as the clock was ahead.
  bool is_due(const SigningKey& newest) const {
    return newest.created_ns <= now - rotate_after || newest.created_ns > now + rotate_after;
  }
  bool is_settled(const std::vector<SigningKey>& keys) const {
    return !keys.empty() && !is_due(keys.front()) &&
           std::ranges::none_of(
               keys, [this](const SigningKey& key) { return key.created_ns < oldest(); });
  }
};

Result<std::vector<SigningKey>> read_all(sql::Session& session) {
  std::vector<SigningKey> out;
  SLUICE_TRY([[maybe_unused]] auto rows, session.run(all, {}, [&](const sql::Row& row) {
    SigningKey key{.id = row.integer(0), .created_ns = row.integer(2)};
    const std::string bytes = from_hex(row.text(1));
    std::ranges::copy(
        std::as_bytes(std::span(bytes)).first(std::min(bytes.size(), sizeof key.secret)),
        key.secret.begin());
    out.push_back(key);
  }));
  return out;
}

Result<SigningKey> make_key(sql::Session& session, std::int64_t now) {
  SigningKey key{.created_ns = now};
  if (::getentropy(key.secret.data(), key.secret.size()) != 0) {
    return fail_errno(errno, "random bytes for a signing key");
  }
  const std::string secret =
      to_hex({reinterpret_cast<const char*>(key.secret.data()), key.secret.size()});
  auto made = session.run(insert, {std::string_view(secret), now},
                          [&](const sql::Row& row) { key.id = row.integer(0); });
  // The server's own words may hold the row.
  if (!made) return fail(made.error().code, "catalogue: a new signing key could not be stored");
  return key;
}

Result<std::vector<SigningKey>> rotate(sql::Session& session, const Lifetime& life) {
  SLUICE_TRY([[maybe_unused]] auto locked, session.run(lock_keys));
  SLUICE_TRY([[maybe_unused]] auto gone, session.run(erase, {life.oldest()}));
  SLUICE_TRY(std::vector<SigningKey> left, read_all(session));
  if (left.empty() || life.is_due(left.front())) {
    SLUICE_TRY(SigningKey made, make_key(session, life.now));
    left.insert(left.begin(), made);
  }
  return left;
}

}  // namespace

Result<std::vector<SigningKey>> SigningKeys::live(Duration rotate_after) {
  const Lifetime life{clock_(), std::chrono::nanoseconds(rotate_after).count()};
  SLUICE_TRY(std::vector<SigningKey> keys, database_.read(read_all));
  if (life.is_settled(keys)) return keys;
  const std::int64_t newest = keys.empty() ? 0 : keys.front().id;
  SLUICE_TRY(keys, database_.write("rotate_signing_key",
                                   [&](sql::Session& session) { return rotate(session, life); }));
  if (keys.front().id != newest) log.info("key.rotated", {{"key", keys.front().id}});
  return keys;
}

}  // namespace sluice::catalogue
