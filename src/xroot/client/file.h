// SPDX-License-Identifier: Apache-2.0
// What a File is inside: where it is open now, and transfer(), the one loop through which every
// request with its handle goes. When the server is lost, or fails while another may do better, the
// file is opened again at its door and the requests that have no answer are sent again there.
#pragma once

#include "xroot/client/client.h"
#include "xroot/client/data.h"
#include "xroot/requests/open.h"

#include <functional>
#include <memory>
#include <optional>

namespace sluice::xroot::client {

// One request on an open file, and what it takes to send it again.
struct Transfer {
  std::function<EncodedRequest(std::uint32_t handle, std::uint8_t path)> encode;
  Sink* sink = nullptr;
  // The data behind it, made anew for every attempt; empty: none.
  std::function<std::unique_ptr<Source>()> source;
  bool counts_source = true;
  std::uint64_t bytes = 0;  // that the answer brings, to spread answers over the streams
  bool is_data = true;      // a server that does not answer within the stall time is dead
  bool is_slow = false;
  bool is_repeatable = true;
};

class File::State : public std::enable_shared_from_this<File::State> {
 public:
  State(std::shared_ptr<Client::State> client, Url url, OpenOptions options);
  ~State();

  Task<void> open();

  // One attempt of a transfer. While it lives, the answer may come; several may be under way.
  class Attempt {
   public:
    Attempt(std::shared_ptr<State> file, const Transfer& transfer);
    ~Attempt();
    Task<void> start();
    Task<Answer> finish();
    std::uint64_t epoch() const { return epoch_; }

   private:
    std::shared_ptr<Channel> channel_;
    std::uint64_t epoch_;
    std::uint64_t bytes_;
    std::uint8_t path_;
    std::unique_ptr<Source> source_;
    Call call_;
  };

  // Sends the request and whatever has to be done until its answer is in the sink.
  Task<void> transfer(const Transfer* transfer);
  // The same for several at once; they are sent together.
  Task<void> transfer_all(std::span<const Transfer> transfers);

  Task<void> close();

  // Where the file is open; waits while it is being opened again.
  Task<void> usable();

  const OpenOptions& options() const { return options_; }
  const std::optional<FileInfo>& info() const { return info_; }
  const ServerInfo& server() const { return channel_->server(); }
  std::size_t stream_count() const { return channel_->stream_count(); }
  Client::State& client() { return *client_; }
  bool uses_pages() const { return has_pages() && options_.integrity != Integrity::none; }
  bool has_pages() const { return channel_->server().has_pages; }
  // Bytes up to `end` are at the server: a server that comes back without them has lost them.
  void acknowledged(std::uint64_t end) { acknowledged_ = std::max(acknowledged_, end); }
  void forget_acknowledged(std::uint64_t size) { acknowledged_ = size; }

 private:
  friend class Attempt;
  enum class Next : std::uint8_t { done, again, stop };

  Task<void> open_at(Course course, bool is_recovery);
  Task<Next> after(const Transfer* transfer, std::uint64_t epoch, Result<Answer> answer,
                   Duration* waited, Error* error);
  bool may_recover(const Transfer& transfer, const Error& error) const;
  Task<void> reopen(std::uint64_t epoch, std::optional<RedirectAnswer> redirect, const Error* why);
  Task<void> reopen_now(std::optional<RedirectAnswer> redirect, const Error* why);
  OpenFlags flags(bool is_recovery) const;

  std::shared_ptr<Client::State> client_;
  Url url_;
  OpenOptions options_;

  std::shared_ptr<Channel> channel_;
  std::optional<Course> course_;  // that led to channel_
  std::uint32_t handle_ = 0;
  std::uint64_t epoch_ = 0;  // counts the times it was opened
  std::optional<FileInfo> info_;
  bool is_open_ = false;
  bool is_reopening_ = false;
  Event reopened_;
  std::optional<Error> broken_;  // it could not be opened again
  int losses_ = 0;               // since the last answer
  std::uint64_t acknowledged_ = 0;
};

}  // namespace sluice::xroot::client
