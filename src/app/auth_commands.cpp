// SPDX-License-Identifier: Apache-2.0
#include "app/auth_commands.h"

#include "app/settings_source.h"
#include "auth/access/access.h"
#include "auth/file_text.h"
#include "auth/mapping/mapping.h"
#include "auth/mapping/shown_credential.h"
#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>

namespace sluice::app {
namespace {

using auth::Identity;
using auth::Principal;
using cli::Complete;
using cli::Console;
using cli::JsonArray;
using cli::JsonObject;
using Texts = std::vector<std::string>;

constexpr std::size_t max_credential = 1U << 20;  // bytes of a file

// "-" is standard input.
Result<std::string> text_of(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  SLUICE_TRY(auto file, auth::read_file(path, max_credential));
  return std::move(file.text);
}

// VO of "/cms/production/Role=x".
std::string vo_of(const Texts& fqans) {
  if (fqans.empty()) return {};
  const auto parts = split(fqans.front(), '/');
  return parts.size() > 1 ? std::string(parts[1]) : std::string();
}

// As a server that listens there decides; a name other than localhost may be anywhere.
bool is_local(const Texts& addresses) {
  return std::ranges::all_of(addresses, [](const std::string& text) {
    const auto range = parse_endpoint_range(text, std::uint16_t{0});
    if (!range) return false;
    const std::string& host = range->first.host;
    return host == "localhost" || host == "::1" || host.starts_with("127.");
  });
}

class Explain final : public cli::Command {
 public:
  void declare(cli::Options& options) override {
    options.value("--dn", "DN", dn_, "Subject of a certificate: \"/DC=org/CN=Jane\"");
    options.value("--fqan", "FQAN", fqans_, "Attribute of its VO; may stand more than once");
    options.value("--certificate", "FILE", certificate_, "A certificate or proxy (PEM)",
                  Complete::local);
    options.value("--token", "FILE", token_, "A bearer token; - is standard input",
                  Complete::local);
    options.value("--krb5", "PRINCIPAL", krb5_, "A Kerberos principal");
    options.value("--sss", "USER", sss_, "User of an sss key");
    options.value("--unix", "USER", unix_, "A name that a client only claims");
    options.value("--group", "GROUP", groups_, "Group of --sss or --unix");
    source_.declare_with_data(options);
  }

  Status run(Console& console) override {
    SLUICE_TRY(const Config config, source_.load());
    SLUICE_TRY(const auto mapping, auth::Mapping::parse(config.auth.mapping));
    SLUICE_TRY(const auto access,
               auth::Access::make(config.auth.access, is_local(config.serve.listen)));
    SLUICE_TRY(const Identity who, identity());
    const auth::Explanation all = mapping.explain(who);
    if (console.json()) {
      show_json(who, all, console);
    } else {
      show_identity(who, console);
      show_steps(all, console);
      show_result(all, config.auth.access, access, console);
    }
    if (!all.result) console.set_exit_code(auth_exit_code(all.result.error()));
    return {};
  }

 private:
  static int auth_exit_code(const Error& error) { return error_row(error.code).exit; }

  struct Way {
    const std::optional<std::string>& value;
    Result<Identity> (Explain::*make)();
  };

  Result<Identity> identity() {
    const std::array ways{
        Way{dn_, &Explain::of_dn},       Way{certificate_, &Explain::of_certificate},
        Way{token_, &Explain::of_token}, Way{krb5_, &Explain::of_krb5},
        Way{sss_, &Explain::of_sss},     Way{unix_, &Explain::of_unix}};
    const auto given =
        std::ranges::count_if(ways, [](const Way& way) { return way.value.has_value(); });
    if (given != 1) {
      return fail(Errc::usage,
                  "say who it is: one of --dn, --certificate, --token, --krb5, --sss, --unix");
    }
    const auto* const way =
        std::ranges::find_if(ways, [](const Way& one) { return one.value.has_value(); });
    return (this->*way->make)();
  }

  static Identity proven(std::string_view method, const std::string& name) {
    Identity out;
    out.method = method;
    out.name = name;
    out.is_proven = true;
    return out;
  }

  Result<Identity> of_dn() {
    Identity out = proven("gsi", *dn_);
    out.fqans = fqans_;
    out.vo = vo_of(fqans_);
    return out;
  }
  Result<Identity> of_certificate() {
    SLUICE_TRY(const std::string pem, text_of(*certificate_));
    auto subject = auth::subject_of_certificate(pem);
    if (!subject)
      return fail(subject.error().code,
                  fmt::format("{}: {}", *certificate_, subject.error().detail));
    notes_.emplace_back(
        "neither certificate nor VO attributes were checked here; --fqan adds some");
    dn_ = *subject;
    return of_dn();
  }
  Result<Identity> of_token() {
    SLUICE_TRY(const std::string text, text_of(*token_));
    auto shown = auth::claims_of_token(text);
    if (!shown)
      return fail(shown.error().code, fmt::format("{}: {}", *token_, shown.error().detail));
    notes_.emplace_back("signature not checked here");
    if (shown->is_expired) notes_.emplace_back("the token has expired, doors refuse it");
    scopes_ = shown->scopes;
    return shown->identity;
  }
  Result<Identity> of_krb5() { return proven("krb5", *krb5_); }
  Result<Identity> of_sss() {
    Identity out = proven("sss", *sss_);
    out.groups = groups_;
    return out;
  }
  Result<Identity> of_unix() {
    Identity out = proven("unix", *unix_);
    out.is_proven = false;
    out.groups = groups_;
    return out;
  }

  void show_identity(const Identity& who, Console& console) const {
    console.line(fmt::format("{} {}", who.method, who.name));
    if (who.token) console.line(fmt::format("  issuer   {}", who.token->issuer));
    const auto list = [&](std::string_view title, const Texts& texts) {
      if (!texts.empty()) console.line(fmt::format("  {:<8} {}", title, fmt::join(texts, " ")));
    };
    list("FQANs", who.fqans);
    list("groups", who.groups);
    list("scopes", scopes_);
    for (const std::string& note : notes_) console.line("  " + note);
  }

  static void show_steps(const auth::Explanation& all, Console& console) {
    console.line("");
    for (const auth::Step& step : all.steps) {
      console.line(
          fmt::format("{} {}{}", step.holds ? "->" : "  ", step.is_ban ? "ban: " : "", step.rule));
      if (!step.why.empty()) console.line(fmt::format("       {}", step.why));
    }
    if (std::ranges::none_of(all.steps, &auth::Step::holds)) console.line("-> no rule holds");
    console.line("");
  }

  void show_result(const auth::Explanation& all, const auth::AccessConfig& settings,
                   const auth::Access& access, Console& console) const {
    if (!all.result) {
      console.line("refused: " + all.result.error().detail);
      return;
    }
    const Principal& who = *all.result;
    console.line(fmt::format("name       {}", who.name));
    if (who.user >= 0) console.line(fmt::format("user       {}", who.user));
    if (!who.groups.empty()) console.line(fmt::format("groups     {}", fmt::join(who.groups, " ")));
    if (who.root != "/") console.line(fmt::format("root       {}", who.root));
    if (who.home != "/") console.line(fmt::format("home       {}", who.home));
    console.line("");
    for (const std::string& line : rights_of(who, settings, access)) console.line(line);
  }

  // In the order in which a door asks (docs/reference/mapping.md).
  Texts rights_of(const Principal& who, const auth::AccessConfig& settings,
                  const auth::Access& access) const {
    Texts out;
    if (who.is_anonymous) out.push_back(anonymous_rights(access.anonymous_rights()));
    if (settings.read_only) out.emplace_back("the server is read-only (access.read_only)");
    if (who.may_only_read) out.emplace_back("may only read, as the rule says");
    out.push_back(fmt::format("may read below {}", fmt::join(settings.read_paths, " ")));
    if (!settings.read_only && !who.may_only_read)
      out.push_back(fmt::format("may change below {}", fmt::join(settings.write_paths, " ")));
    if (who.token && !scopes_.empty())
      out.emplace_back(
          "where scopes of storage are in the token, they decide and not the namespace");
    if (who.is_superuser) {
      out.emplace_back("rights in the namespace are not asked (superuser)");
    } else if (!who.is_anonymous && who.user < 0) {
      out.emplace_back("has the rights of others in the namespace: no user");
    } else if (!who.is_anonymous) {
      out.push_back(fmt::format("has the rights of user {} in the namespace", who.user));
    }
    return out;
  }

  static std::string anonymous_rights(auth::Anonymous rights) {
    switch (rights) {
      case auth::Anonymous::none:
        return "anonymous: may do nothing, unless a token says otherwise (access.anonymous)";
      case auth::Anonymous::read_only:
        return "anonymous: may only read (access.anonymous)";
      case auth::Anonymous::full:
      case auth::Anonymous::automatic:
        return "anonymous: may do what access.anonymous_user may (access.anonymous)";
    }
    return {};
  }

  void show_json(const Identity& who, const auth::Explanation& all, Console& console) const {
    const auto list = [](const auto& texts) {
      JsonArray out;
      for (const auto& one : texts) out.add(one);
      return out;
    };
    JsonObject identity;
    identity.add("method", who.method).add("name", who.name).add("proven", who.is_proven);
    if (who.token) identity.add("issuer", who.token->issuer);
    identity.add("groups", list(who.groups)).add("fqans", list(who.fqans));
    identity.add("scopes", list(scopes_)).add("notes", list(notes_));
    JsonArray steps;
    for (const auth::Step& step : all.steps) {
      steps.add(JsonObject()
                    .add("ban", step.is_ban)
                    .add("rule", step.rule)
                    .add("holds", step.holds)
                    .add("why", step.why));
    }
    JsonObject out;
    out.add("identity", identity).add("steps", steps);
    if (!all.result) {
      console.line(out.add("refused", all.result.error().detail));
      return;
    }
    const Principal& principal = *all.result;
    console.line(out.add("principal", JsonObject()
                                          .add("name", principal.name)
                                          .add("user", principal.user)
                                          .add("groups", list(principal.groups))
                                          .add("superuser", principal.is_superuser)
                                          .add("anonymous", principal.is_anonymous)
                                          .add("read_only", principal.may_only_read)
                                          .add("root", principal.root)
                                          .add("home", principal.home)));
  }

  std::optional<std::string> dn_, certificate_, token_, krb5_, sss_, unix_;
  Texts fqans_, groups_, scopes_, notes_;
  SettingsSource source_;
};

constexpr std::array rows = {
    cli::CommandRow{
        "auth explain",
        "Say who somebody would be here, and why",
        "Goes through auth.ban and auth.mapping of the settings as a login would, and tells what "
        "each rule did, who comes out of it and what that one may do. Nothing is verified: the "
        "credential is believed to be what it says.",
        {{{"A certificate with a VO attribute",
           "sluice auth explain --dn '/DC=org/CN=Jane' --fqan /cms/Role=production -c sluice.toml"},
          {"Your own proxy", "sluice auth explain --certificate /tmp/x509up_u1000"},
          {"A token", "sluice auth explain --token - <token.txt"},
          {"A Kerberos principal", "sluice auth explain --krb5 jane@EXAMPLE.ORG"}}},
        &cli::make_command<Explain>,
        true},
};

}  // namespace

std::span<const cli::CommandRow> auth_commands() { return rows; }

}  // namespace sluice::app
