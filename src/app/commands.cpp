// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"

#include "app/server.h"
#include "app/settings_source.h"
#include "base/settings_manual.h"

namespace sluice::app {
namespace {

using cli::Complete;
using cli::Console;
using cli::Options;

class Serve final : public cli::Command {
 public:
  void declare(Options& options) override {
    source_.declare_with_data(options);
    options.value("--export", "DIR", export_, "Serve this directory as it is, without a catalogue",
                  Complete::directory);
    options.value("--roles", "ROLE", roles_,
                  "door or pool, where they are processes of their own; may stand more than once");
    options.value("--listen", "HOST:PORT", listen_,
                  "Address of the xroot service; may stand more than once");
    options.value("--http", "HOST:PORT", http_, "Address of /metrics, /healthz and /readyz");
    options.value("--user", "NAME", user_, "The user that a server started by root becomes");
    options.flag("--read-only", read_only_, "Refuse everything that changes something");
  }

  Status run(Console&) override {
    SLUICE_TRY(std::vector<RawSetting> overrides, source_.overrides());
    auto put = [&](std::string_view key, const std::optional<std::string>& value,
                   std::string_view option) {
      if (value) overrides.push_back({std::string(key), *value, std::string(option)});
    };
    put("pool.export", export_, "--export");
    if (!roles_.empty()) overrides.push_back({"serve.roles", roles_, "--roles"});
    put("serve.http", http_, "--http");
    put("serve.user", user_, "--user");
    if (!listen_.empty()) overrides.push_back({"serve.listen", listen_, "--listen"});
    if (read_only_) {
      overrides.push_back({"pool.read_only", true, "--read-only"});
      overrides.push_back({"access.read_only", true, "--read-only"});
    }
    Config config;
    Sections sections = sections_of(config);
    SLUICE_CHECK(load_settings(sections, source_.path, overrides));
    complete(config);
    return serve(std::move(config), {source_.path, std::move(overrides)});
  }

 private:
  SettingsSource source_;
  std::optional<std::string> export_, http_, user_;
  std::vector<std::string> listen_, roles_;
  bool read_only_ = false;
};

class ConfigCheck final : public cli::Command {
 public:
  void declare(Options& options) override {
    options.argument("FILE", path_, "Settings file (TOML)", Complete::local);
  }
  Status run(Console& console) override {
    Config config;
    Sections sections = sections_of(config);
    SLUICE_CHECK(load_settings(sections, path_));
    console.line(path_ + ": every setting is known and within its bounds");
    return {};
  }

 private:
  std::string path_;
};

class ConfigShow final : public cli::Command {
 public:
  void declare(Options& options) override {
    source_.declare(options);
    options.flag("--defaults", defaults_, "What holds without any setting");
    options.flag("--passwords", passwords_, "Those in URLs too, which are three dots else");
  }
  Status run(Console& console) override {
    Config config;
    Sections sections = sections_of(config);
    SLUICE_TRY(std::vector<RawSetting> overrides, source_.overrides());
    if (!defaults_) SLUICE_CHECK(load_settings(sections, source_.path, overrides));
    console.raw(show_settings(sections, passwords_ ? Passwords::shown : Passwords::hidden));
    return {};
  }

 private:
  SettingsSource source_;
  bool defaults_ = false;
  bool passwords_ = false;
};

class ConfigDescribe final : public cli::Command {
 public:
  void declare(Options& options) override {
    options.argument("KEY", key_,
                     "A setting (net.loops) or a table (net); everything when not given");
    options.flag("--markdown", markdown_, "The whole reference page");
  }
  Status run(Console& console) override {
    Config config;
    Sections sections = sections_of(config);
    if (markdown_) {
      console.raw(settings_markdown(sections));
      return {};
    }
    SLUICE_TRY(std::string text, describe_settings(sections, key_.value_or("")));
    console.raw(text);
    return {};
  }

 private:
  std::optional<std::string> key_;
  bool markdown_ = false;
};

constexpr std::array rows = {
    cli::CommandRow{"serve",
                    "Store files for xroot clients, or serve a directory",
                    "Without arguments it is a door and a pool in one process, with its catalogue "
                    "under --data; with --export\n"
                    "clients see a directory as it is. Runs in the foreground and prints one line "
                    "\"ready ... xroot=HOST:PORT "
                    "http=HOST:PORT\" when it accepts\n"
                    "connections. SIGTERM lets running requests end and stops with 0; SIGHUP reads "
                    "the settings again.",
                    {{{"Store files, on this machine only", "sluice serve"},
                      {"Serve a directory on this machine only", "sluice serve --export /data"},
                      {"For everybody who can reach the machine",
                       "sluice serve --export /data --listen '*:1094'"},
                      {"With settings from a file", "sluice serve --config /etc/sluice.toml"}}},
                    &cli::make_command<Serve>},
    cli::CommandRow{"config check",
                    "Say whether a settings file is right",
                    "Prints every mistake with its line. Exit code 0 means that `sluice serve` "
                    "accepts the file.",
                    {{{"Before a restart", "sluice config check /etc/sluice.toml"}}},
                    &cli::make_command<ConfigCheck>},
    cli::CommandRow{"config show",
                    "Print every setting and its value as TOML",
                    "",
                    {{{"What holds without a file", "sluice config show --defaults"}}},
                    &cli::make_command<ConfigShow>},
    cli::CommandRow{"config describe",
                    "Explain the settings",
                    "",
                    {{{"One setting", "sluice config describe net.loops"}}},
                    &cli::make_command<ConfigDescribe>},
};

}  // namespace

std::span<const cli::CommandRow> commands() { return rows; }

}  // namespace sluice::app
