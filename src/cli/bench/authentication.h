// SPDX-License-Identifier: Apache-2.0
// How a link proves who runs the generator, with what the field's clients would find in the
// environment: the methods of the server in its order, each as many rounds as it takes.
#pragma once

#include "cli/bench/answer_parser.h"
#include "xroot/client/credentials.h"

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli::bench {

class Authentication {
 public:
  explicit Authentication(xroot::client::AuthPeer peer) : peer_(std::move(peer)) {}

  // Queues the first credential; `security` is what the answer to the login ended with.
  Status begin(std::string_view security, std::vector<std::byte>& out);
  // Of kXR_authmore the next one; where the server says no, that of the next method.
  Status proceed(const Answer& answer, ByteView body, std::vector<std::byte>& out);

 private:
  Status try_next(std::vector<std::byte>& out);

  xroot::client::AuthPeer peer_;
  std::deque<xroot::client::AuthOffer> offers_;  // that were not tried
  std::string method_;                           // that is being tried
  std::unique_ptr<auth::ClientConversation> conversation_;
  unsigned rounds_ = 0;
  std::string refusals_;
};

}  // namespace sluice::cli::bench
