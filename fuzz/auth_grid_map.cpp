// SPDX-License-Identifier: Apache-2.0
// grid-map and VO-map files: what is read has an account, and the DNs and FQANs of others find none by being long.
#include "auth/mapping/map_files.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::auth;
  const FileText file{std::string(as_text(fuzz::view(data, size))), {}};
  if (const auto grid = GridMap::parse(file, "fuzz")) {
    const std::string* account = grid->account("/DC=org/CN=Jane Doe");
    fuzz::check(account == nullptr || !account->empty());
    (void)grid->account(file.text.substr(0, 4096));
  }
  if (const auto vos = VoMap::parse(file, "fuzz")) {
    const std::string* account = vos->account("/DC=org/CN=Jane", {"/cms/Role=production", "/cms"});
    fuzz::check(account == nullptr || (!account->empty() && vos->size() > 0));
  }
  return 0;
}
