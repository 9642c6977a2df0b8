// SPDX-License-Identifier: Apache-2.0
// gsi with Debian's programs: xrdfs logs in here, and we log in at its xrootd. What else belongs to the xroot protocol is spoken
// by a few lines of this file, because this module is below it.
#include "auth/gsi/test/spawn.h"
#include "auth/gsi/test/test_grid.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

namespace sluice::auth::gsi::test {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<std::byte>;

constexpr std::uint16_t auth_request = 3000;
constexpr std::uint16_t protocol_request = 3006;
constexpr std::uint16_t login_request = 3007;
constexpr std::uint16_t ok = 0;
constexpr std::uint16_t authmore = 4002;
constexpr std::uint16_t error_status = 4003;
constexpr std::int32_t auth_failed = 3030;

bool send_all(int socket, ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}
std::optional<Bytes> receive(int socket, std::size_t size) {
  Bytes out(size);
  std::size_t filled = 0;
  while (filled < size) {
    ssize_t n = ::recv(socket, out.data() + filled, size - filled, 0);
    if (n <= 0) return std::nullopt;
    filled += static_cast<std::size_t>(n);
  }
  return out;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A server that does nothing but let one client in, by gsi.
class Doorman {
 public:
  explicit Doorman(Method& method) : method_(method) {
    listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 5), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (;;) {
        Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket) return;
        serve(socket.get());
      }
    });
  }
  ~Doorman() { stop(); }
  void stop() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  std::uint16_t port = 0;
  std::optional<Proof> proof;  // read after stop()
  std::vector<std::string> refusals;
  std::string release;

 private:
  void answer(int socket, ByteView stream, std::uint16_t status, ByteView body) {
    Bytes out;
    Writer(out).bytes(stream).be(status).be(static_cast<std::int32_t>(body.size())).bytes(body);
    send_all(socket, out);
  }
  void serve(int socket) {
    if (!receive(socket, 20)) return;
    Bytes hello;
    Writer(hello).be(std::int32_t{0x520}).be(std::int32_t{1});
    answer(socket, Bytes(2), ok, hello);
    while (auto header = receive(socket, 24)) {
      Reader in(*header);
      ByteView stream = in.take(2);
      auto number = in.be<std::uint16_t>();
      in.take(16);
      auto body = receive(socket, in.be<std::uint32_t>());
      if (!body) return;
      take(socket, stream, number, *body);
    }
  }
  void take(int socket, ByteView stream, std::uint16_t number, const Bytes& body) {
    Bytes out;
    if (number == protocol_request) {
      Writer(out).be(std::int32_t{0x520}).be(std::int32_t{1});
    } else if (number == login_request) {
      std::string_view cgi = as_text(body);
      if (std::size_t at = cgi.find("xrd.rn="); at != cgi.npos)
        release = cgi.substr(at + 7, cgi.find('&', at) - at - 7);
      Peer peer;
      peer.release = release;
      conversation_ = method_.begin(peer);
      Writer(out).zeros(16).text("&P=gsi," + method_.parameters());
    } else if (number == auth_request) {
      auto verdict = conversation_->answer(body);
      if (!verdict) {
        refusals.push_back(verdict.error().detail);
        Writer(out).be(auth_failed).c_text(verdict.error().detail);
        return answer(socket, stream, error_status, out);
      }
      if (auto* more = std::get_if<Challenge>(&*verdict))
        return answer(socket, stream, authmore, more->bytes);
      proof = std::move(std::get<Proof>(*verdict));
    } else {
      Writer(out).c_text("nothing here");
    }
    answer(socket, stream, ok, out);
  }

  Method& method_;
  Fd listener_;
  std::unique_ptr<Conversation> conversation_;
  std::thread thread_;
};

class RealPeers : public ::testing::Test {
 protected:
  static TestGrid& grid() {
    static TestGrid one;
    return one;
  }
  // What xrdfs says when it asks a doorman for something.
  static Ended ask(Doorman& doorman, const Credential& credential, Environment more = {}) {
    write_file(grid().folder / "xrdfs.pem", text_of(credential), true);
    Environment environment{{"X509_USER_PROXY", (grid().folder / "xrdfs.pem").string()},
                            {"X509_CERT_DIR", grid().ca_directory().string()},
                            {"XrdSecPROTOCOL", "gsi"},
                            {"XrdSecGSICREATEPROXY", "0"},
                            {"XRD_CONNECTIONRETRY", "1"},
                            {"XRD_NETWORKSTACK", "IPv4"}};
    environment.merge(more);
    Ended ended = run_program(
        {"/usr/bin/xrdfs", fmt::format("localhost:{}", doorman.port), "query", "config", "version"},
        environment, grid().folder / "xrdfs.log");
    doorman.stop();
    return ended;
  }
  static std::unique_ptr<Method> method(const GsiConfig& config) {
    return make_gsi(config).value();
  }
};

TEST_F(RealPeers, xrdfs_logs_in) {
  auto server = method(grid().config());
  Doorman doorman(*server);
  Ended ended = ask(doorman, make_proxy(grid().user));
  EXPECT_EQ(ended.code, 0) << ended.output;
  ASSERT_TRUE(doorman.proof) << ::testing::PrintToString(doorman.refusals) << ended.output;
  EXPECT_EQ(doorman.proof->identity.name, "/DC=org/DC=example/CN=Jane Doe");
  EXPECT_FALSE(doorman.proof->identity.delegated);
  EXPECT_FALSE(doorman.release.empty());
}

TEST_F(RealPeers, xrdfs_logs_in_with_each_cipher) {
  for (std::string cipher : {"aes-256-cbc", "aes-192-cbc", "aes-128-cbc"}) {
    GsiConfig config = grid().config();
    config.ciphers = {cipher};
    auto server = method(config);
    Doorman doorman(*server);
    Ended ended = ask(doorman, make_proxy(grid().user));
    EXPECT_TRUE(doorman.proof) << cipher << ::testing::PrintToString(doorman.refusals);
  }
}

TEST_F(RealPeers, proxies_of_xrdgsiproxy_are_taken) {
  std::string folder = grid().folder.string();
  write_file(folder + "/usercert.pem", pem_of(grid().user.chain));
  write_file(folder + "/userkey.pem", key_text(grid().user.key.get()), true);
  Ended made =
      run_program({"/usr/bin/xrdgsiproxy", "init", "-cert", folder + "/usercert.pem", "-key",
                   folder + "/userkey.pem", "-certdir", grid().ca_directory().string(), "-f",
                   folder + "/xrdgsiproxy.pem", "-valid", "1:00"},
                  {{"HOME", folder}}, grid().folder / "xrdgsiproxy.log");
  auto proxy = read_credential(folder + "/xrdgsiproxy.pem", folder + "/xrdgsiproxy.pem");
  ASSERT_TRUE(proxy) << proxy.error().detail << made.output;
  auto server = method(grid().config());
  Doorman doorman(*server);
  Ended ended = ask(doorman, *proxy);
  EXPECT_EQ(ended.code, 0) << ended.output;
  ASSERT_TRUE(doorman.proof) << ::testing::PrintToString(doorman.refusals);
  EXPECT_EQ(doorman.proof->identity.name, "/DC=org/DC=example/CN=Jane Doe");
}

TEST_F(RealPeers, xrdfs_delegates) {
  GsiConfig config = grid().config();
  config.delegate = true;
  auto server = method(config);
  Doorman doorman(*server);
  Ended ended = ask(doorman, make_proxy(grid().user), {{"XrdSecGSIDELEGPROXY", "1"}});
  EXPECT_EQ(ended.code, 0) << ended.output;
  ASSERT_TRUE(doorman.proof) << ::testing::PrintToString(doorman.refusals);
  ASSERT_TRUE(doorman.proof->identity.delegated);
  EXPECT_EQ(doorman.proof->identity.delegated->credential().chain.size(), 3u);
}

TEST_F(RealPeers, xrdfs_is_refused) {
  auto server = method(grid().config());
  {
    Doorman doorman(*server);
    Ended ended = ask(doorman, make_globus2_proxy(grid().user));
    EXPECT_NE(ended.code, 0);
    EXPECT_FALSE(doorman.proof);
  }
  Credential foreign = make_credential({.subject = "/DC=org/DC=example/CN=Jane Doe",
                                        .issuer = &grid().other,
                                        .key = test_key("user")});
  Doorman doorman(*server);
  Ended ended = ask(doorman, make_proxy(foreign));
  EXPECT_NE(ended.code, 0);
  EXPECT_FALSE(doorman.proof);
  EXPECT_THAT(::testing::PrintToString(doorman.refusals), HasSubstr("may not sign this name"));
}

TEST_F(RealPeers, xrdfs_leaves_a_server_of_another_name) {
  GsiConfig config = grid().config();
  Credential elsewhere = make_credential({.subject = "/DC=org/DC=example/CN=elsewhere.example.org",
                                          .issuer = &grid().ca,
                                          .key = test_key("host")});
  config.certificate = (grid().folder / "elsewhere.pem").string();
  write_file(config.certificate, pem_of(elsewhere.chain));
  auto server = method(config);
  Doorman doorman(*server);
  Ended ended = ask(doorman, make_proxy(grid().user));
  EXPECT_NE(ended.code, 0);
  EXPECT_FALSE(doorman.proof);
}

// Debian's xrootd with gsi, for the test's own client.
class GsiXrootd {
 public:
  GsiXrootd(const TestGrid& grid, const std::string& options) : folder_(grid.folder / "xrootd") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "data");
    write_file(folder_ / "cert.pem", pem_of(grid.host.chain));
    write_file(folder_ / "key.pem", key_text(grid.host.key.get()), true);
    Fd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    probe = Fd();
    std::ofstream(folder_ / "xrootd.cfg")
        << "all.export /\noss.localroot " << (folder_ / "data").string() << "\nxrd.port " << port
        << "\nall.adminpath " << folder_.string() << "\nall.pidpath " << folder_.string()
        << "\nxrootd.seclib libXrdSec.so\nsec.protparm gsi -certdir:"
        << grid.ca_directory().string() << " -cert:" << (folder_ / "cert.pem").string()
        << " -key:" << (folder_ / "key.pem").string() << " -gmapopt:10 " << options
        << "\nsec.protocol gsi\nsec.protbind * only gsi\n";
    passwd* nobody = ::geteuid() == 0 ? ::getpwnam("nobody") : nullptr;
    std::filesystem::permissions(grid.folder, std::filesystem::perms(0755));
    if (nobody != nullptr) {
      EXPECT_EQ(::chown(folder_.c_str(), nobody->pw_uid, nobody->pw_gid), 0);
      for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_))
        EXPECT_EQ(::chown(entry.path().c_str(), nobody->pw_uid, nobody->pw_gid), 0);
    }
    pid_ =
        start_program({"/usr/bin/xrootd", "-I", "v4", "-c", (folder_ / "xrootd.cfg").string()}, {},
                      folder_ / "log", nobody ? nobody->pw_uid : 0, nobody ? nobody->pw_gid : 0);
  }
  ~GsiXrootd() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::string log() const { return text_of_file(folder_ / "log"); }

  std::uint16_t port = 0;

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

struct Frame {
  std::uint16_t status;
  Bytes body;
};

// One connection to it.
class Visitor {
 public:
  explicit Visitor(std::uint16_t port) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    sockaddr_in address = loopback(port);
    while (std::chrono::steady_clock::now() < end) {
      socket_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0)
        break;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    Bytes hello;
    for (std::int32_t word : {0, 0, 0, 4, 2012}) Writer(hello).be(word);
    send_all(socket_.get(), hello);
    next();
  }
  Frame request(std::uint16_t number, ByteView parameters, ByteView payload) {
    Bytes out;
    Writer(out).be(std::uint16_t{1}).be(number).bytes(parameters);
    Writer(out).zeros(16 - parameters.size());
    Writer(out).be(static_cast<std::int32_t>(payload.size())).bytes(payload);
    send_all(socket_.get(), out);
    return next();
  }
  // The name of the method and its parameters.
  std::string log_in() {
    Bytes protocol;
    Writer(protocol).be(std::int32_t{0x511});
    request(protocol_request, protocol, {});
    Bytes login;
    Writer(login).be(std::int32_t{1}).text("tester").zeros(4).be(std::uint8_t{5});
    return std::string(as_text(request(login_request, login, {}).body).substr(16));
  }
  Frame authenticate(ByteView credential) {
    Bytes parameters(12);
    Writer(parameters).c_text("gsi");
    return request(auth_request, parameters, credential);
  }

 private:
  Frame next() {
    auto head = receive(socket_.get(), 8);
    if (!head) return {error_status, {}};
    Reader in(*head);
    in.take(2);
    auto status = in.be<std::uint16_t>();
    return {status, receive(socket_.get(), in.be<std::uint32_t>()).value_or(Bytes{})};
  }
  Fd socket_;
};

class AtXrootd : public RealPeers {
 protected:
  struct Visit {
    bool is_in = false;
    int rounds = 0;
    std::string why;
    std::shared_ptr<const SessionCipher> cipher;
  };
  static Visit visit(GsiXrootd& xrootd, const Credential& credential) {
    Visitor visitor(xrootd.port);
    std::string token = visitor.log_in();
    EXPECT_THAT(token, HasSubstr("&P=gsi,"));
    auto unused = method(grid().config());
    Server server = grid().server_seen_by(credential, *unused);
    server.parameters = token.substr(token.find("gsi,") + 4);
    if (std::size_t end = server.parameters.find('&'); end != std::string::npos)
      server.parameters.resize(end);
    auto client = begin_gsi(server);
    auto message = client->begin();
    Visit out;
    for (out.rounds = 1; out.rounds < 10; ++out.rounds) {
      if (!message) {
        out.why = message.error().detail;
        return out;
      }
      Frame frame = visitor.authenticate(*message);
      if (frame.status != authmore) {
        out.is_in = frame.status == ok;
        if (!out.is_in) out.why = as_text(frame.body);
        out.cipher = client->cipher();
        return out;
      }
      message = client->answer(frame.body);
    }
    return out;
  }
};

TEST_F(AtXrootd, our_client_logs_in) {
  GsiXrootd xrootd(grid(), "");
  Visit in = visit(xrootd, make_proxy(grid().user));
  EXPECT_TRUE(in.is_in) << in.why << xrootd.log();
  EXPECT_EQ(in.rounds, 2);
  EXPECT_TRUE(in.cipher);
  Visit bare = visit(xrootd, grid().user);
  EXPECT_TRUE(bare.is_in) << bare.why << xrootd.log();
  // The other side is as strict as it says.
  Credential foreign = make_credential({.subject = "/O=Nobody/CN=X", .key = test_key("other")});
  EXPECT_FALSE(visit(xrootd, foreign).is_in);
}

TEST_F(AtXrootd, our_client_delegates) {
  // The server's own -dlgpxy does nothing in 5.5.3 (nor later): it asks whoever says that he would like to be asked.
  GsiXrootd xrootd(grid(), "-exppxy:=creds");
  grid().environment["XrdSecGSIDELEGPROXY"] = "1";
  Visit in = visit(xrootd, make_proxy(grid().user));
  grid().environment.erase("XrdSecGSIDELEGPROXY");
  EXPECT_TRUE(in.is_in) << in.why << xrootd.log();
  EXPECT_EQ(in.rounds, 3) << xrootd.log();
}

}  // namespace
}  // namespace sluice::auth::gsi::test
