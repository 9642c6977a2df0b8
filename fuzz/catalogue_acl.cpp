// SPDX-License-Identifier: Apache-2.0
// An access control list: what is taken has one canonical text, decides alike after it was kept, and hands on what can be
// kept as well.
#include "catalogue/acl.h"
#include "check.h"

#include <array>

namespace {

using namespace sluice;
using namespace sluice::catalogue;

// As it comes back from the catalogue.
void check_kept(const SharedAcl& list) {
  if (!list) return;
  const SharedAcl kept = stored_acl(list->text());
  fuzz::check(kept->text() == list->text() && kept->entries() == list->entries());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(as_text(fuzz::view(data, size)));
  const auto list = Acl::parse(text);
  if (!list) {
    fuzz::check(!list.error().detail.empty() && list.error().detail.size() < 1000);
    return 0;
  }
  fuzz::check(text.size() <= Acl::max_text && list->text().size() <= Acl::max_text);
  fuzz::check(!list->entries().empty() && list->entries().size() <= Acl::max_entries);
  const auto again = Acl::parse(list->text());
  fuzz::check(again && again->text() == list->text() && again->entries() == list->entries());
  constexpr std::array<std::int64_t, 2> groups{100, 0};
  for (const std::int64_t user : {-1, 0, 1000}) {
    const AclParties parties{.user = user, .groups = groups, .owner = 1000, .group = 0};
    for (const Right right : {Right::read, Right::write, Right::delete_child, Right::write_acl})
      fuzz::check(list->allows(parties, right) == again->allows(parties, right));
  }
  for (const EntryKind kind : {EntryKind::file, EntryKind::directory, EntryKind::link}) {
    check_kept(list->on(kind));
    const SharedAcl handed_on = list->inherited(kind);
    check_kept(handed_on);
    if (handed_on && kind == EntryKind::directory) check_kept(handed_on->inherited(kind));
    fuzz::check(!handed_on || handed_on->entries().size() <= list->entries().size());
  }
  return 0;
}
