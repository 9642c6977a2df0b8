// SPDX-License-Identifier: Apache-2.0
// Commands that talk to servers: RemoteCommand makes the loop, the client and the threads for
// blocking work, runs act() to its end and turns Ctrl-C into a cancelled command. EachUrl is the
// frequent form "do this to every URL of the line".
#pragma once

#include "base/offload.h"
#include "cli/command.h"
#include "cli/place.h"
#include "xroot/client/api.h"

namespace sluice::cli {

// What a command works with; all three outlive act().
struct Remote {
  Console* console;
  xroot::client::Client* client;
  BlockingPool* disk;
};

class RemoteCommand : public Command {
 public:
  void declare(Options& options) final;
  Status run(Console& console) final;

 protected:
  virtual void declare_own(Options& options) = 0;
  // Checks what parsing alone cannot; nothing has been connected yet.
  virtual Status check() { return {}; }
  virtual xroot::client::ClientOptions tune(xroot::client::ClientOptions options) const {
    return options;
  }
  virtual Task<void> act(Remote remote) = 0;

 private:
  std::optional<Duration> timeout_;
  bool verbose_ = false;
};

class EachUrl : public RemoteCommand {
 protected:
  explicit EachUrl(std::size_t least = 1) : least_(least) {}
  void declare_own(Options& options) final;
  virtual void declare_more(Options&) {}
  // What --help says of the URLs.
  virtual std::string_view url_help() const {
    return "root://host[:port]//path; wildcards * and [...] work in paths";
  }
  virtual bool takes_wildcards() const { return true; }
  virtual Task<void> one(Remote remote, Place place) = 0;
  Task<void> act(Remote remote) final;

  std::size_t url_count() const { return urls_.size(); }

 private:
  const std::size_t least_;
  std::vector<std::string> urls_;
};

}  // namespace sluice::cli
