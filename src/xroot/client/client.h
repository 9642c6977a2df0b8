// SPDX-License-Identifier: Apache-2.0
// What a Client is inside: its channels by endpoint, and perform(), the one loop through which
// every operation by path goes: redirects, waits, lost connections, and back to the door when a
// server failed.
#pragma once

#include "xroot/client/api.h"
#include "xroot/client/channel.h"
#include "xroot/client/course.h"

#include <functional>
#include <map>
#include <memory>

namespace sluice::xroot::client {

// One operation by path. It may be sent several times, to several servers.
struct Operation {
  Course course;
  // The request for a path with its CGI.
  std::function<EncodedRequest(std::string_view path)> encode;
  // Doing it twice is as good as doing it once, so it may be repeated when a connection was lost.
  bool is_repeatable = true;
  // It may take long without a sign of life (checksums, staging).
  bool is_slow = false;
  // Since when the servers have been lost, when this operation is there to recover from that.
  std::optional<Calls::Time> lost_since;
};

class Client::State : public std::enable_shared_from_this<Client::State> {
 public:
  State(TaskGroup& owner, ClientOptions options);

  // A channel that is logged in.
  Task<std::shared_ptr<Channel>> channel(Endpoint endpoint, std::string login_token = {});

  struct Reached {
    std::shared_ptr<Channel> channel;
    Course course;
  };
  // The answer is in `sink`.
  Task<Reached> perform(Operation operation, Sink* sink);
  // The same for answers that are text.
  Task<std::string> ask(Operation operation);

  // Sleeps for `pause` as a server asked; an error when that, with `waited` before, is longer than
  // waiting may take.
  Task<void> pause(Duration pause, Duration* waited) const;

  void close();
  bool is_closed() const { return is_closed_; }
  const ClientOptions& options() const { return *options_; }
  asio::any_io_executor executor() const { return executor_; }

 private:
  Task<Answer> attempt(const Operation& operation, Sink* sink, Duration waited,
                       std::shared_ptr<Channel>* reached, bool* was_sent);

  TaskGroup& owner_;
  asio::any_io_executor executor_;
  std::shared_ptr<const ClientOptions> options_;
  std::map<Endpoint, std::shared_ptr<Channel>> channels_;
  bool is_closed_ = false;
};

// The server and path of `url`; Errc::usage for a local one. `needs_path`: a URL without one names
// "/".
Result<Url> parse_remote(const std::string& url);

FileInfo to_info(const FileStat& stat);

// Answer to fattr get, set or del; the error of the first attribute that has one.
Result<std::vector<Attribute>> attributes_of(ByteView body, bool with_values);

}  // namespace sluice::xroot::client
