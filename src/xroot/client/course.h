// SPDX-License-Identifier: Apache-2.0
// Where an operation stands: the server to ask next, what redirects added to the path, and which
// servers failed it. Pure rules without I/O. The door keeps its word for the CGI it hands out; what
// an earlier redirect added never comes back to it.
#pragma once

#include "xroot/client/api.h"
#include "xroot/responses.h"
#include "xroot/url.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::xroot::client {

class Course {
 public:
  explicit Course(Url start) : here_(std::move(start)) {}

  const Url& here() const { return here_; }
  const std::string& login_token() const { return login_token_; }
  // The server here was reached by redirect and has a door behind it.
  bool has_door() const { return door_.has_value(); }

  // The server here sends us elsewhere. Errors: redirect_loop, not_authorized (the policy refuses),
  // protocol.
  Status follow(const RedirectAnswer& redirect, bool from_manager, const RedirectPolicy& policy,
                int limit);

  // The server here failed with `error`. True: the door is next, and is told who failed; false: the
  // error stands.
  bool back_to_door(const Error& error);

  // A server that failed before this course began.
  void add_tried(std::string host, const Error& error);

  // `error` as the caller should see it: when the door has no server left, with what the last
  // server said.
  Error explain(Error error) const;

 private:
  struct Tried {
    std::string host;
    std::string_view reason;
  };
  void put_tried();

  Url here_;
  std::optional<Url> door_;  // with the CGI as it was sent there
  std::string login_token_;
  std::vector<Tried> tried_;
  std::optional<Error> last_failure_;
  int redirects_ = 0;
};

// Another server, or this one later, may give another answer: what XrdCl goes back to the door
// with.
bool is_worth_another_server(Errc code);
// The connection or the server behind it is gone; nothing is known of requests without an answer.
bool is_loss(Errc code);

}  // namespace sluice::xroot::client
