// SPDX-License-Identifier: Apache-2.0
// A keytab of sss: every key that is read is within its bounds and can be found.
#include "auth/sss/keytab.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::auth::sss;
  const auto keytab = Keytab::parse(as_text(fuzz::view(data, size)), "fuzz.keytab");
  if (!keytab) return 0;
  fuzz::check(!keytab->keys().empty());
  for (const Key& key : keytab->keys()) {
    fuzz::check(!key.value.empty() && key.value.size() <= max_key);
    fuzz::check(!key.user.empty() && key.user.size() <= max_user);
    const Key* found = keytab->find(key.id, key.name);
    fuzz::check(found != nullptr && found->id == key.id && found->name == key.name);
  }
  const Key* mine = keytab->for_client(1'000);
  fuzz::check(mine == nullptr || !mine->is_expired(1'000));
  return 0;
}
