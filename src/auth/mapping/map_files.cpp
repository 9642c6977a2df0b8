// SPDX-License-Identifier: Apache-2.0
#include "auth/mapping/map_files.h"

#include "auth/mapping/pattern.h"
#include "auth/mapping/words.h"
#include "base/text.h"

#include <fmt/format.h>

namespace sluice::auth {
namespace {

using Words = std::vector<std::string>;

std::string first_account(const std::string& accounts) {
  return accounts.substr(0, accounts.find(','));
}

// Calls `add` with the words of each line; its error is about that line.
template <class Add>
Status for_each_line(const FileText& file, const std::string& path, Add add) {
  std::size_t number = 0;
  for (std::string_view line : split(file.text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    auto words = words_of(line);
    const Status added = words ? add(*words) : tl::unexpected<Error>(words.error());
    if (!added) {
      return fail(Errc::invalid_argument,
                  fmt::format("{}:{}: {}", path, number, added.error().detail));
    }
  }
  return {};
}

}  // namespace

Result<GridMap> GridMap::parse(const FileText& file, const std::string& path) {
  GridMap out;
  SLUICE_CHECK(for_each_line(file, path, [&](const Words& words) -> Status {
    if (words.size() != 2 || first_account(words[1]).empty())
      return fail(Errc::invalid_argument, "is not \"DN\" ACCOUNT[,ACCOUNT...]");
    out.accounts_.emplace(canonical_dn(words[0]), first_account(words[1]));
    return {};
  }));
  return out;
}

const std::string* GridMap::account(std::string_view dn) const {
  const auto found = accounts_.find(canonical_dn(dn));
  return found != accounts_.end() ? &found->second : nullptr;
}

Result<VoMap> VoMap::parse(const FileText& file, const std::string& path) {
  VoMap out;
  SLUICE_CHECK(for_each_line(file, path, [&](const Words& words) -> Status {
    const bool has_dn = words.size() == 3;
    if ((words.size() != 2 && !has_dn) || first_account(words.back()).empty())
      return fail(Errc::invalid_argument, "is not \"FQAN\" ACCOUNT, nor \"DN\" \"FQAN\" ACCOUNT");
    out.lines_.push_back({has_dn ? canonical_dn(words[0]) : "*",
                          canonical_fqan(words[words.size() - 2]), first_account(words.back())});
    return {};
  }));
  return out;
}

const std::string* VoMap::account(std::string_view dn,
                                  const std::vector<std::string>& fqans) const {
  const std::string wanted = canonical_dn(dn);
  for (const std::string& fqan : fqans) {
    const std::string shown = canonical_fqan(fqan);
    for (const Line& line : lines_)
      if (matches_pattern(shown, line.fqan) && matches_pattern(wanted, line.dn))
        return &line.account;
  }
  return nullptr;
}

}  // namespace sluice::auth
