// SPDX-License-Identifier: Apache-2.0
// A rule of auth.mapping or a line of auth.ban, and what it makes of an identity that has the same text everywhere.
#include "auth/mapping/rule.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::auth;
  const std::string text(as_text(fuzz::view(data, size)));
  const auto ban = Rule::parse_ban(text);
  if (ban) fuzz::check(ban->outcome.deny && !ban->conditions.empty() && !ban->source);
  const auto rule = Rule::parse(text);
  if (!rule) fuzz::check(rule.error().code != Errc::server && !rule.error().detail.empty());
  const auto token = std::make_shared<Token>();
  token->issuer = text;
  for (const char* method : {"gsi", "ztn", "sss", "krb5", "unix", ""}) {
    Identity who;
    who.method = method;
    who.name = text;
    who.groups = {text};
    who.fqans = {text};
    who.vo = text;
    who.token = token;
    if (ban) (void)objection(*ban, who);
    if (!rule) continue;
    // Who proved nothing gets nothing, unless the rule says so in so many words.
    const bool holds = !objection(*rule, who);
    const Outcome& outcome = rule->outcome;
    fuzz::check(!holds || rule->is_trusted || outcome.deny || outcome.anonymous);
    who.is_proven = true;
    (void)objection(*rule, who);
  }
  return 0;
}
