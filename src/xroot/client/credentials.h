// SPDX-License-Identifier: Apache-2.0
// How a client proves who it is: the server offers methods in its order, Credentials serves those
// it has something for.
#pragma once

#include "auth/method.h"
#include "base/result.h"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace sluice::xroot::client {

struct AuthOffer {
  std::string method;      // "gsi", at most four characters
  std::string parameters;  // "v:10600,c:ssl,ca:b9c2134a.0"
};

struct AuthPeer {
  std::string host;  // as the caller or the redirect named it
  bool is_encrypted = false;
  std::string user;                    // what the client calls itself
  asio::ip::tcp::endpoint local = {};  // this side of the connection
  std::string options = {};            // of the URL, as CGI: where it says its credentials are
};

// One exchange with one server for one method.
class AuthExchange {
 public:
  virtual ~AuthExchange() = default;
  // The credential to send; `challenge` is what the server sent last, empty at first.
  virtual Task<std::vector<std::byte>> next(std::vector<std::byte> challenge) = 0;
  // The key that both sides know once the server agreed; null: the method has none.
  virtual std::shared_ptr<const auth::SessionCipher> cipher() const { return nullptr; }
};

class Credentials {
 public:
  virtual ~Credentials() = default;
  // Null when nothing can be offered for this method to this peer; a token is never offered in the
  // clear.
  virtual std::unique_ptr<AuthExchange> begin(const AuthOffer& offer, const AuthPeer& peer) = 0;
};

}  // namespace sluice::xroot::client
