// SPDX-License-Identifier: Apache-2.0
// sluice xattr get|set|list|rm: user attributes of files.
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/remote.h"

#include <fmt/format.h>

namespace sluice::cli {
namespace {

using xroot::client::Attribute;

// One file and what follows it on the line.
class AttributeCommand : public RemoteCommand {
 protected:
  void declare_own(Options& options) override {
    options.argument("URL", url_, "root://host[:port]//path", Complete::remote);
    declare_words(options);
  }
  virtual void declare_words(Options& options) = 0;
  virtual Task<void> act_on(Remote remote, Place place) = 0;
  Task<void> act(Remote remote) final {
    SLUICE_CO_TRY(Place place, parse_url(url_));
    Status done = co_await act_on(remote, place);
    if (!done) remote.console->report(place.shown(), done.error());
    co_return Status();
  }

  static void show(Console& console, const Attribute& attribute) {
    if (console.json()) {
      console.line(JsonObject().add("name", attribute.name).add("value", attribute.value));
    } else {
      console.line(fmt::format("{}={}", attribute.name, attribute.value));
    }
  }

 private:
  std::string url_;
};

class Get : public AttributeCommand {
 protected:
  void declare_words(Options& options) override {
    options.arguments("NAME", names_, 1, "Attributes; the value of a single one is shown alone");
  }
  Task<void> act_on(Remote remote, Place place) override {
    SLUICE_CO_TRY(auto attributes, co_await remote.client->get_attributes(place.text(), names_));
    bool alone = names_.size() == 1 && !remote.console->json();
    for (const Attribute& attribute : attributes) {
      if (alone) {
        remote.console->line(attribute.value);
      } else {
        show(*remote.console, attribute);
      }
    }
    co_return Status();
  }

 private:
  std::vector<std::string> names_;
};

class Set : public AttributeCommand {
 protected:
  void declare_words(Options& options) override {
    options.arguments("NAME=VALUE", pairs_, 1, "Attributes to set")
        .flag("--new", must_be_new_, "Fail when one exists");
  }
  Status check() override {
    for (const std::string& pair : pairs_) {
      if (pair.find('=') == std::string::npos || pair.starts_with('=')) {
        return fail(Errc::usage, fmt::format("\"{}\" is not NAME=VALUE", pair));
      }
    }
    return {};
  }
  Task<void> act_on(Remote remote, Place place) override {
    std::vector<Attribute> attributes;
    for (const std::string& pair : pairs_) {
      std::size_t equals = pair.find('=');
      attributes.push_back({pair.substr(0, equals), pair.substr(equals + 1)});
    }
    return remote.client->set_attributes(place.text(), std::move(attributes), must_be_new_);
  }

 private:
  std::vector<std::string> pairs_;
  bool must_be_new_ = false;
};

class ListAttributes : public AttributeCommand {
 protected:
  void declare_words(Options& options) override {
    options.flag("-l,--long", values_, "Show the values, too");
  }
  Task<void> act_on(Remote remote, Place place) override {
    bool values = values_ || remote.console->json();
    SLUICE_CO_TRY(auto attributes, co_await remote.client->list_attributes(place.text(), values));
    for (const Attribute& attribute : attributes) {
      if (values) {
        show(*remote.console, attribute);
      } else {
        remote.console->line(printable(attribute.name));
      }
    }
    co_return Status();
  }

 private:
  bool values_ = false;
};

class RemoveAttributes : public AttributeCommand {
 protected:
  void declare_words(Options& options) override {
    options.arguments("NAME", names_, 1, "Attributes to remove");
  }
  Task<void> act_on(Remote remote, Place place) override {
    return remote.client->delete_attributes(place.text(), names_);
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace

const CommandRow xattr_get_row{
    .path = "xattr get",
    .help = "Show user attributes of a file",
    .details = "",
    .examples = {{{"One value", "sluice xattr get root://host//data/f run"}}},
    .make = make_command<Get>,
    .has_json = true,
};
const CommandRow xattr_set_row{
    .path = "xattr set",
    .help = "Set user attributes of a file",
    .details = "",
    .examples = {{{"Two at once", "sluice xattr set root://host//data/f run=17 quality=good"}}},
    .make = make_command<Set>,
    .has_json = true,
};
const CommandRow xattr_list_row{
    .path = "xattr list",
    .help = "List user attributes of a file",
    .details = "",
    .examples = {{{"Names and values", "sluice xattr list -l root://host//data/f"}}},
    .make = make_command<ListAttributes>,
    .has_json = true,
};
const CommandRow xattr_remove_row{
    .path = "xattr rm",
    .help = "Remove user attributes of a file",
    .details = "",
    .examples = {{{"One", "sluice xattr rm root://host//data/f quality"}}},
    .make = make_command<RemoveAttributes>,
    .has_json = true,
};

}  // namespace sluice::cli
