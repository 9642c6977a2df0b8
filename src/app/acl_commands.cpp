// SPDX-License-Identifier: Apache-2.0
#include "app/acl_commands.h"

#include "app/admin_routes.h"
#include "app/settings_source.h"
#include "base/text.h"
#include "catalogue/api.h"
#include "cli/console.h"
#include "http/local_client.h"
#include "http/message.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

namespace sluice::app {
namespace {

using catalogue::Acl;
using cli::Console;
using cli::Options;
namespace json = boost::json;

class AclCommand : public cli::Command {
 public:
  void declare(Options& options) final {
    options.argument("PATH", path_, "A path of the namespace");
    declare_more(options);
    source_.declare_with_data(options);
  }

 protected:
  virtual void declare_more(Options&) {}

  // What the door says of the path, after it did what it was asked for.
  Result<json::object> ask(std::string_view method, std::string_view more,
                           std::optional<Duration> patience) {
    SLUICE_TRY(const Config config, source_.load());
    const std::string target =
        fmt::format("{}/acl?path={}{}", admin_prefix, http::percent_encoded(path_), more);
    SLUICE_TRY(const std::string body,
               http::ask_local(config.serve.admin_socket, method, target, patience));
    boost::system::error_code error;
    json::value answer = json::parse(body, error);
    if (error || !answer.is_object())
      return fail(Errc::protocol, "the server's answer is no JSON object");
    return std::move(answer.as_object());
  }

  std::string path_;

 private:
  SettingsSource source_;
};

class ShowAcl final : public AclCommand {
 public:
  Status run(Console& console) override {
    SLUICE_TRY(const json::object answer, ask("GET", "", Duration(30'000)));
    if (console.json()) {
      console.line(json::serialize(answer));
      return {};
    }
    const json::array& entries = answer.at("acl").as_array();
    for (const json::value& entry : entries)
      console.line(std::string_view(entry.as_string().c_str()));
    if (entries.empty()) {
      console.note(fmt::format("no ACL: mode {}, owner {} and group {} decide",
                               answer.at("mode").as_string().c_str(), answer.at("owner").as_int64(),
                               answer.at("group").as_int64()));
    }
    return {};
  }
};

class ChangeAcl : public AclCommand {
 protected:
  void declare_recursive(Options& options) {
    options.flag("-r,--recursive", recursive_, "And of everything below; links are left out");
  }

  Status change(Console& console, std::string_view method, std::string more,
                std::string_view done) {
    if (recursive_) more += "&recursive=yes";
    SLUICE_TRY(const json::object answer, ask(method, more, std::nullopt));
    if (console.json()) {
      console.line(json::serialize(answer));
    } else {
      const std::int64_t changed = answer.at("changed").as_int64();
      console.note(
          fmt::format("{}{}", done, recursive_ ? fmt::format(" of {} entries", changed) : ""));
    }
    return {};
  }

 private:
  bool recursive_ = false;
};

// One character more than an ACL may have tells that it is too long.
Result<std::string> text_of_file(const std::string& name) {
  std::ifstream file;
  if (name != "-") {
    file.open(name);
    if (!file) return fail(Errc::local, fmt::format("{}: {}", name, std::strerror(errno)));
  }
  std::istream& in = name == "-" ? std::cin : file;
  std::string text(Acl::max_text + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

class SetAcl final : public ChangeAcl {
 public:
  Status run(Console& console) override {
    if (words_.empty() == file_.empty())
      return fail(Errc::usage, "the ACL is missing: give its entries, or --file");
    std::string text = fmt::format("{}", fmt::join(words_, "\n"));
    if (!file_.empty()) {
      SLUICE_TRY(text, text_of_file(file_));
    }
    auto acl = Acl::parse(text);
    if (!acl) return fail(Errc::usage, acl.error().detail);
    return change(console, "PUT", "&acl=" + http::percent_encoded(acl->text()), "set");
  }

 protected:
  void declare_more(Options& options) override {
    options.arguments("ACL", words_, 0,
                      "Entries TYPE:FLAGS:WHO:RIGHTS, in the order in which "
                      "they are asked; also several with commas between");
    options.value("--file", "FILE", file_, "Read them from there; - is standard input",
                  cli::Complete::local);
    declare_recursive(options);
  }

 private:
  std::vector<std::string> words_;
  std::string file_;
};

class ClearAcl final : public ChangeAcl {
 public:
  Status run(Console& console) override { return change(console, "DELETE", "", "cleared"); }

 protected:
  void declare_more(Options& options) override { declare_recursive(options); }
};

constexpr std::array rows = {
    cli::CommandRow{
        "admin acl",
        "Show the access control list of a path",
        "One entry a line, as `sluice admin set-acl --file` reads it. Of a door that runs here.",
        {{{"One directory", "sluice admin acl /data"},
          {"The same list for another one",
           "sluice admin acl /data | sluice admin set-acl /more --file -"}}},
        &cli::make_command<ShowAcl>,
        true},
    cli::CommandRow{
        "admin set-acl",
        "Give a path an access control list, in place of the one that it has",
        "For each right that is needed the first entry decides that names it and is for whoever "
        "asks; where none does, the mode bits decide. Superusers and tokens with scopes are not "
        "asked.\n"
        "TYPE is A (allow) or D (deny). FLAGS: f and d hand the entry on to new files and new "
        "directories, i says that it is for those alone, n that it goes no further than one "
        "level, g that WHO is a group. WHO is OWNER@, GROUP@, EVERYONE@, or the number of a user "
        "or a group. RIGHTS: r read or list, w write or make files, a make directories, x pass a "
        "directory, D remove what is in it, d remove the entry itself, and T, N and C together "
        "change mode and attributes; t n c o y are kept and change nothing. R, W and X stand for "
        "several. docs/reference/acl.md has it all.",
        {{{"User 1000 and group 100 may do everything below",
           "sluice admin set-acl -r /data A:fd:1000:RWXd A:fdg:100:RWXd"},
          {"Nobody removes anything, except who owns it",
           "sluice admin set-acl /raw A:fd:OWNER@:dD D:fd:EVERYONE@:dD"},
          {"From a file", "sluice admin set-acl /data --file data.acl"}}},
        &cli::make_command<SetAcl>,
        true},
    cli::CommandRow{"admin clear-acl",
                    "Take the access control list away; the mode bits decide alone",
                    "",
                    {{{"One path", "sluice admin clear-acl /data"},
                      {"And everything below", "sluice admin clear-acl -r /data"}}},
                    &cli::make_command<ClearAcl>,
                    true},
};

}  // namespace

std::span<const cli::CommandRow> acl_commands() { return rows; }

}  // namespace sluice::app
