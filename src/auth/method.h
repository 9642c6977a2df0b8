// SPDX-License-Identifier: Apache-2.0
// The two sides of an authentication method. A credential is the payload of a kXR_auth request: the method's name, a NUL, and
// what the method has to say. Everything here comes from strangers.
#pragma once

#include "auth/identity.h"
#include "base/bytes.h"
#include "base/result.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::auth {

inline constexpr std::size_t max_credential = 64 * 1024;  // bytes
inline constexpr unsigned max_rounds = 10;

// Encrypts signatures of requests (kXR_sigver) with the key that both sides of a method agreed on.
class SessionCipher {
 public:
  virtual ~SessionCipher() = default;
  virtual Result<std::vector<std::byte>> encrypt(ByteView plain) const = 0;
  virtual Result<std::vector<std::byte>> decrypt(ByteView cipher) const = 0;
};

// --- the server's side ---

// The client, before anything is proven.
struct Peer {
  asio::ip::address address;
  bool is_encrypted = false;  // TLS
  std::string release;        // "v5.5.3": what the client calls itself in kXR_login; may be empty
};

// Another round is needed.
struct Challenge {
  std::vector<std::byte> bytes;
};
struct Proof {
  Identity identity;
  std::shared_ptr<const SessionCipher> cipher;  // null: the method has no key
};
using Verdict = std::variant<Challenge, Proof>;

// One attempt of one client with one method. Ends with a Proof or an error; both ends of a session may throw it away at any time.
class Conversation {
 public:
  Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  virtual ~Conversation() = default;

  // May block: runs in the pool of blocking threads, never twice at once. Errc::authentication says what is wrong with the
  // credential, for the client and the log alike: no secret, and no more of the client's own words than fit a line.
  virtual Result<Verdict> answer(ByteView credential) = 0;
};

// What a server knows of a method: keys, certificates, settings. Used by all loops and blocking threads at once.
class Method {
 public:
  Method() = default;
  Method(const Method&) = delete;
  Method& operator=(const Method&) = delete;
  virtual ~Method() = default;

  virtual std::string_view name() const = 0;
  // What follows the name in the security token of the login answer.
  virtual std::string parameters() const { return {}; }
  // A credential that is nothing but the name is one; of all other methods it is refused before they see it.
  virtual bool takes_bare_name() const { return false; }
  virtual std::unique_ptr<Conversation> begin(const Peer& peer) const = 0;
  // Looks at its files again; keeps what it had when they are not good. May block. Called once a minute and on SIGHUP.
  virtual Status reload() { return {}; }
};

// --- the client's side ---

struct Server {
  std::string host;  // as it was dialled: certificates are checked against it
  bool is_encrypted = false;
  std::string user;        // what the client calls itself
  std::string parameters;  // of the security token
  // Of the environment, with what the CGI of the URL says in their place; empty: not set.
  std::function<std::string(std::string_view name)> variable;
  // Keys of the URL's CGI that concern authentication ("xrd.ztn", "xrd.gsiusrpxy" ...); empty: not there.
  std::function<std::string(std::string_view key)> option;
  // Our end of the connection, which sss seals into its credential; unspecified: not known.
  asio::ip::tcp::endpoint local = {};
};

class ClientConversation {
 public:
  ClientConversation() = default;
  ClientConversation(const ClientConversation&) = delete;
  ClientConversation& operator=(const ClientConversation&) = delete;
  virtual ~ClientConversation() = default;

  // The first credential, or the answer to a challenge. Errc::authentication: there is nothing to show, and what to do about it.
  virtual Result<std::vector<std::byte>> begin() = 0;
  virtual Result<std::vector<std::byte>> answer(ByteView challenge) = 0;
  // After the server agreed.
  virtual std::shared_ptr<const SessionCipher> cipher() const { return nullptr; }
};

}  // namespace sluice::auth
