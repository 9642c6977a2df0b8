// SPDX-License-Identifier: Apache-2.0
#include "catalogue/discard.h"

namespace sluice::catalogue {
namespace {

constexpr sql::Query mark_replicas{
    "UPDATE replica SET state = 5, changed = :now, claimed = 0 WHERE file = :file", "ii", ""};
constexpr sql::Query note{
    "INSERT INTO trash (file, size, owner_id, removed) VALUES (:file, :size, :owner, :now)", "iiii",
    ""};

}  // namespace

Status discard_replicas(sql::Session& session, const Entry& file, std::int64_t now) {
  SLUICE_TRY(const std::uint64_t replicas, session.run(mark_replicas, {now, file.id.number}));
  if (replicas == 0) return {};
  SLUICE_TRY(
      [[maybe_unused]] auto noted,
      session.run(note, {file.id.number, static_cast<std::int64_t>(file.size), file.owner, now}));
  return {};
}

}  // namespace sluice::catalogue
