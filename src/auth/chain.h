// SPDX-License-Identifier: Apache-2.0
// The methods of a server in the order in which clients try them, and one client's way through them: when one fails the
// client goes on with the next, on the same connection.
#pragma once

#include "auth/method.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth {

class Chain {
 public:
  // No methods: nobody is asked.
  explicit Chain(std::vector<std::unique_ptr<Method>> methods = {})
      : methods_(std::move(methods)) {}

  bool asks() const { return !methods_.empty(); }
  const std::vector<std::unique_ptr<Method>>& methods() const { return methods_; }
  // Null: it is not offered.
  const Method* find(std::string_view name) const;
  std::string names() const;  // "ztn, gsi"
  // All methods; those that keep what they had are logged. May block.
  void reload();

 private:
  std::vector<std::unique_ptr<Method>> methods_;
};

// One client's attempts on one connection.
class Attempts {
 public:
  // May block. An error ends the attempt with this method, and nothing of it is left.
  Result<Verdict> answer(const Chain& chain, const Peer& peer, std::string_view method,
                         ByteView credential);
  // A client that failed so often is not heard any more.
  bool exhausted() const { return failures_ >= most_failures; }

 private:
  static constexpr unsigned most_failures = 10;

  Result<Verdict> go_on(const Chain& chain, const Peer& peer, std::string_view method,
                        ByteView credential);

  const Method* method_ = nullptr;  // of the conversation
  std::unique_ptr<Conversation> conversation_;
  unsigned rounds_ = 0;
  unsigned failures_ = 0;
};

}  // namespace sluice::auth
