// SPDX-License-Identifier: Apache-2.0
// Limits on bytes and files: below a directory, of a user, of a group. All that apply to a file must have room for it when
// its upload is committed. Thread-safe; every call blocks.
#pragma once

#include "catalogue/sql/database.h"
#include "catalogue/types.h"

#include <vector>

namespace sluice::catalogue {

// The numbers are those in the database.
enum class QuotaKind : std::uint8_t { directory = 0, user = 1, group = 2 };

// Of what: a directory's id, a user's or a group's number.
struct QuotaSubject {
  QuotaKind kind = QuotaKind::directory;
  std::int64_t number = 0;
};

struct Quota {
  QuotaSubject subject;
  std::optional<std::uint64_t> limit_bytes;  // none: without limit
  std::optional<std::uint64_t> limit_files;
  std::uint64_t used_bytes = 0;
  std::uint64_t used_files = 0;
};

class Quotas {
 public:
  explicit Quotas(sql::Database& database) : database_(database) {}

  // A new quota counts what is there, and all changes of the namespace wait for it: seconds for millions of files. A limit
  // below the usage is allowed: then nothing can be added.
  Result<Quota> set(QuotaSubject subject, std::optional<std::uint64_t> limit_bytes,
                    std::optional<std::uint64_t> limit_files);
  Status remove(QuotaSubject subject);
  // Errc::not_found when there is none.
  Result<Quota> get(QuotaSubject subject);
  Result<std::vector<Quota>> list();
  // Counts again, for repair. Waits like set().
  Result<Quota> recount(QuotaSubject subject);

 private:
  sql::Database& database_;
};

}  // namespace sluice::catalogue
