// SPDX-License-Identifier: Apache-2.0
// Certificates of servers and what clients make of them: each handshake of two ends in memory.
#include "net/tls_context.h"

#include "net/test/test_authority.h"
#include "net/tls_stream.h"

#include <gtest/gtest.h>

#include <deque>

namespace sluice::net {
namespace {

using test::Authority;

// One direction of a connection that never waits and never ends.
using Lane = std::deque<std::byte>;

class LaneCarrier final : public TlsStream::Carrier {
 public:
  LaneCarrier(Lane& in, Lane& out) : in_(in), out_(out) {}
  Result<std::size_t> try_receive(ByteSpan into) override {
    std::size_t n = std::min(into.size(), in_.size());
    std::copy_n(in_.begin(), n, into.begin());
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(n));
    return n;
  }
  Result<std::size_t> try_send(ByteView bytes) override {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return bytes.size();
  }

 private:
  Lane& in_;
  Lane& out_;
};

struct Pair {
  Lane to_server, to_client;
  std::unique_ptr<TlsStream> client, server;
};

// The client's outcome, and its error where it has one.
Status shake_hands(Pair& pair, ServerTls& server, ClientTls& client, const std::string& host) {
  SLUICE_TRY(SslPtr accepting, server.connection());
  SLUICE_TRY(SslPtr dialling, client.connection(host, 1094));
  SLUICE_TRY(pair.server,
             TlsStream::make(std::move(accepting),
                             std::make_unique<LaneCarrier>(pair.to_server, pair.to_client), {}));
  SLUICE_TRY(pair.client,
             TlsStream::make(std::move(dialling),
                             std::make_unique<LaneCarrier>(pair.to_client, pair.to_server), {}));
  for (int i = 0; i < 10; ++i) {
    SLUICE_TRY(auto ours, pair.client->try_handshake());
    auto theirs = pair.server->try_handshake();
    if (!theirs) return tl::unexpected<Error>(theirs.error());
    if (ours == TlsStream::Handshake::done && *theirs == TlsStream::Handshake::done) return {};
  }
  return fail(Errc::protocol, "no end");
}

std::string try_host(Authority& authority, const std::string& name, const std::string& host,
                     const std::string& trusted) {
  auto server = ServerTls::open({authority.file(name + ".pem"), authority.file(name + ".key")});
  if (!server) return "server: " + server.error().detail;
  ClientTls client(trusted, std::chrono::hours(1));
  Pair pair;
  Status done = shake_hands(pair, **server, client, host);
  return done ? "good" : done.error().message();
}

TEST(ServerTls, NamesTheFileAndWhatIsWrongWithIt) {
  Authority authority;
  authority.issue("good");
  authority.issue("old", {.begin = -7200, .end = -3600});
  authority.issue("early", {.begin = 3600});
  authority.write_key("other.key", test::other_key);
  std::ofstream(authority.file("text.pem")) << "no certificate\n";
  struct Row {
    const char* certificate;
    const char* key;
    const char* file;
    const char* reason;
  };
  for (const Row& row :
       {Row{"none.pem", "good.key", "none.pem", "No such file"},
        Row{"good.pem", "none.key", "none.key", "No such file"},
        Row{"text.pem", "good.key", "text.pem", "no certificate"},
        Row{"good.pem", "text.pem", "text.pem", "no private key"},
        Row{"good.pem", "other.key", "other.key", "is not the key of the certificate"},
        Row{"old.pem", "old.key", "old.pem", "expired on"},
        Row{"early.pem", "early.key", "early.pem", "not valid before"}}) {
    auto opened = ServerTls::open({authority.file(row.certificate), authority.file(row.key)});
    ASSERT_FALSE(opened) << row.reason;
    EXPECT_EQ(opened.error().code, Errc::usage);
    EXPECT_NE(opened.error().detail.find(authority.file(row.file) + ": "), std::string::npos)
        << opened.error().detail;
    EXPECT_NE(opened.error().detail.find(row.reason), std::string::npos) << opened.error().detail;
    EXPECT_EQ(opened.error().detail.find('\n'), std::string::npos);
  }
}

TEST(ServerTls, TakesNewFilesOverAndKeepsTheOldOnesWhenTheyAreBad) {
  Authority authority;
  authority.issue("host");
  auto server = *ServerTls::open({authority.file("host.pem"), authority.file("host.key")});
  EXPECT_FALSE(*server->reload());
  authority.issue("host", {.name = "renamed", .alternatives = "DNS:renamed"});
  EXPECT_TRUE(*server->reload());
  ClientTls client(authority.directory(), std::chrono::hours(1));
  {
    Pair pair;
    EXPECT_TRUE(shake_hands(pair, *server, client, "renamed"));
  }
  std::ofstream(authority.file("host.pem")) << "half a cert";
  EXPECT_FALSE(server->reload());
  EXPECT_FALSE(server->reload());  // and says so again
  std::filesystem::remove(authority.file("host.pem"));
  EXPECT_FALSE(server->reload());
  ClientTls other(authority.directory(), std::chrono::hours(1));
  Pair pair;
  EXPECT_TRUE(shake_hands(pair, *server, other, "renamed"));
}

TEST(ClientTls, ResumesASessionAlsoAfterTheCertificateChanged) {
  Authority authority;
  authority.issue("host");
  auto server = *ServerTls::open({authority.file("host.pem"), authority.file("host.key")});
  ClientTls client(authority.directory(), std::chrono::hours(1));
  for (bool resumed : {false, true, true}) {
    Pair pair;
    ASSERT_TRUE(shake_hands(pair, *server, client, "localhost"));
    EXPECT_EQ(pair.client->is_resumed(), resumed);
    EXPECT_EQ(pair.server->is_resumed(), resumed);
    EXPECT_EQ(pair.client->version(), "TLSv1.3");
    EXPECT_EQ(pair.client->cipher(), "TLS_AES_128_GCM_SHA256");
    // The ticket comes with the first bytes of the server.
    std::array<std::byte, 8> word{};
    EXPECT_EQ(*pair.client->try_receive(word), 0u);
    EXPECT_EQ(*pair.server->try_send(ByteView(word).first(3)), 3u);
    EXPECT_EQ(*pair.client->try_receive(word), 3u);
    authority.issue("host", {.end = 7200});
    EXPECT_TRUE(*server->reload());
  }
  ClientTls stranger(authority.directory(), std::chrono::hours(1));
  Pair pair;
  ASSERT_TRUE(shake_hands(pair, *server, stranger, "localhost"));
  EXPECT_FALSE(pair.client->is_resumed());
}

TEST(ClientTls, SaysWhyACertificateIsRefused) {
  Authority authority;
  Authority stranger("Another CA");
  authority.issue("host");
  authority.issue("revoked", {.name = "revoked"});
  authority.issue("wild", {.name = "wild", .alternatives = "DNS:*.example.org"});
  authority.issue("plain", {.name = "plain.example.org", .alternatives = ""});
  stranger.issue("host");
  const std::string trusted = authority.directory();
  EXPECT_EQ(try_host(authority, "host", "localhost", trusted), "good");
  EXPECT_EQ(try_host(authority, "host", "127.0.0.1", trusted), "good");
  EXPECT_EQ(try_host(authority, "wild", "a.example.org", trusted), "good");
  EXPECT_EQ(try_host(authority, "plain", "plain.example.org", trusted), "good");
  EXPECT_NE(try_host(authority, "wild", "a.b.example.org", trusted).find("not for a.b.example.org"),
            std::string::npos);
  EXPECT_NE(try_host(authority, "host", "other.example.org", trusted)
                .find("is for localhost, 127.0.0.1, not for other.example.org"),
            std::string::npos);
  EXPECT_NE(try_host(authority, "host", "127.0.0.2", trusted).find("not for 127.0.0.2"),
            std::string::npos);
  std::string unknown = try_host(stranger, "host", "localhost", trusted);
  EXPECT_NE(unknown.find("/CN=Another CA"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find(trusted), std::string::npos) << unknown;
  authority.revoke("revoked");
  EXPECT_NE(try_host(authority, "revoked", "localhost", trusted).find("certificate revoked"),
            std::string::npos);
  EXPECT_EQ(try_host(authority, "host", "localhost", trusted), "good");
  EXPECT_NE(try_host(authority, "host", "localhost", "/nowhere").find("/nowhere does not exist"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::net
