// SPDX-License-Identifier: Apache-2.0
// A small server whose every answer a test writes itself: redirects, waits, torn frames, lies. Each connection runs the
// script in a thread of its own, with blocking calls; what arrives is kept for the test to look at.
#pragma once

#include "base/bytes.h"
#include "base/fd.h"
#include "xroot/page.h"
#include "xroot/requests/all.h"
#include "xroot/responses.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace sluice::xroot::client {

struct FakeRequest {
  StreamId stream{};
  std::uint16_t id = 0;
  std::array<std::byte, 16> fixed{};
  std::vector<std::byte> payload;

  std::string text() const { return std::string(Reader(payload).text()); }
};

class FakeDoor;

// One connection, seen from the server.
class FakeConnection {
 public:
  FakeConnection(FakeDoor& door, Fd socket, int index)
      : index(index), door_(door), socket_(std::move(socket)) {}

  const int index;  // 0 for the first one the door got
  std::uint32_t flags = server_flag::is_server | server_flag::supports_pages;
  std::string security;  // of the login answer

  // Hello, protocol and login as a well-behaved server does them.
  bool log_in();
  std::optional<FakeRequest> next();
  // The next request that is none of those a client sends by itself (ping, endsess, close), which are answered.
  std::optional<FakeRequest> next_real();

  void send(ByteView bytes);
  void send(const Body& bytes) { send(ByteView(bytes)); }
  void reply(const FakeRequest& request, ResponseStatus status, ByteView body);
  void reply(const FakeRequest& request, ResponseStatus status, std::string_view body) {
    reply(request, status, as_bytes(body));
  }
  void ok(const FakeRequest& request, std::string_view body = {}) {
    reply(request, ResponseStatus::ok, body);
  }
  void error(const FakeRequest& request, Errc code, std::string_view text);
  void redirect(const FakeRequest& request, std::int32_t port, std::string_view target);
  void wait(const FakeRequest& request, ResponseStatus status, std::int32_t seconds);
  // kXR_attn with the late answer to `request`.
  void late(const FakeRequest& request, ResponseStatus status, ByteView body);
  // A kXR_status frame with pages of `data`; each page whose number is `bad` gets a wrong CRC.
  void pages(const FakeRequest& request, PageStatus::Part part, std::uint64_t offset,
             std::string_view data, int bad = -1);
  void open_ok(const FakeRequest& request, std::uint32_t handle, std::uint64_t size);
  // Ends the connection as a killed server does.
  void drop() { ::shutdown(socket_.get(), SHUT_RDWR); }
  // Until the client goes away.
  void idle();

 private:
  bool receive(ByteSpan into);

  FakeDoor& door_;
  Fd socket_;
};

class FakeDoor {
 public:
  using Script = std::function<void(FakeConnection&)>;

  explicit FakeDoor(Script script) : script_(std::move(script)) {
    listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), raw, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
        ::getsockname(listener_.get(), raw, &size) != 0) {
      throw std::runtime_error("the fake door cannot listen");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  FakeDoor(const FakeDoor&) = delete;
  FakeDoor& operator=(const FakeDoor&) = delete;
  ~FakeDoor() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    {
      std::lock_guard lock(mutex_);
      for (int fd : sockets_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path = "/file") const {
    return "root://127.0.0.1:" + std::to_string(port_) + "/" + path;
  }
  // "open /file?cgi", in the order of arrival.
  std::vector<std::string> log() const {
    std::lock_guard lock(mutex_);
    return log_;
  }
  int connections() const { return connections_; }

 private:
  friend class FakeConnection;

  void accept_all() {
    for (;;) {
      int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      std::lock_guard lock(mutex_);
      sockets_.push_back(::dup(fd));
      dups_.emplace_back(sockets_.back());
      threads_.emplace_back([this, fd, index = connections_++] {
        FakeConnection connection(*this, Fd(fd), index);
        script_(connection);
        connection.drop();
      });
    }
  }

  Script script_;
  Fd listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> log_;
  std::vector<int> sockets_;  // copies, so that they can be shut down while their thread reads
  std::list<Fd> dups_;
  std::list<std::thread> threads_;
  std::atomic<int> connections_ = 0;
  std::thread acceptor_;
};

inline bool FakeConnection::receive(ByteSpan into) {
  while (!into.empty()) {
    ssize_t n = ::recv(socket_.get(), into.data(), into.size(), 0);
    if (n <= 0) return false;
    into = into.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

inline std::optional<FakeRequest> FakeConnection::next() {
  std::array<std::byte, request_header_size> head;
  if (!receive(head)) return {};
  RequestHeader header = RequestHeader::decode(head);
  FakeRequest request{header.stream, header.id, header.body, {}};
  request.payload.resize(static_cast<std::size_t>(header.length));
  if (!receive(request.payload)) return {};
  std::lock_guard lock(door_.mutex_);
  bool is_data = header.id == Write::id || header.id == Pgwrite::id;
  std::string line(request_name(header.id));
  if (!is_data && !request.payload.empty()) line += " " + request.text();
  door_.log_.push_back(std::move(line));
  return request;
}

inline std::optional<FakeRequest> FakeConnection::next_real() {
  for (;;) {
    auto request = next();
    if (!request) return {};
    if (request->id != Ping::id && request->id != Endsess::id && request->id != Close::id)
      return request;
    ok(*request);
  }
}

inline bool FakeConnection::log_in() {
  std::array<std::byte, hello_size> hello;
  if (!receive(hello) || !is_hello(hello)) return false;
  Body out;
  bool is_server = (flags & server_flag::is_server) != 0;
  encode_frame(out, {}, ResponseStatus::ok,
               [&](Body& body) { HelloAnswer{0x0520, is_server}.encode(body); });
  send(out);
  auto protocol = next();
  if (!protocol) return false;
  Body body;
  ProtocolAnswer{0x0520, flags, {}}.encode(body);
  reply(*protocol, ResponseStatus::ok, body);
  auto login = next();
  if (!login || login->id != Login::id) return false;
  LoginAnswer answer;
  answer.session.fill(static_cast<std::byte>(0xa0 + index));
  answer.security = security;
  body.clear();
  answer.encode(body);
  reply(*login, ResponseStatus::ok, body);
  return true;
}

inline void FakeConnection::send(ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

inline void FakeConnection::reply(const FakeRequest& request, ResponseStatus status,
                                  ByteView body) {
  Body out;
  encode_frame(out, request.stream, status, [&](Body& to) { Writer(to).bytes(body); });
  send(out);
}

inline void FakeConnection::error(const FakeRequest& request, Errc code, std::string_view text) {
  Body body;
  ErrorAnswer{error_row(code).xroot, text}.encode(body);
  reply(request, ResponseStatus::error, body);
}

inline void FakeConnection::redirect(const FakeRequest& request, std::int32_t port,
                                     std::string_view target) {
  Body body;
  Writer(body).be(port).text(target);
  reply(request, ResponseStatus::redirect, body);
}

inline void FakeConnection::wait(const FakeRequest& request, ResponseStatus status,
                                 std::int32_t seconds) {
  Body body;
  Writer(body).be(seconds);
  reply(request, status, body);
}

inline void FakeConnection::late(const FakeRequest& request, ResponseStatus status, ByteView body) {
  Body out;
  encode_frame(out, {}, ResponseStatus::attn, [&](Body& to) {
    Attention attention;
    attention.answer = ResponseHeader{request.stream, status, 0};
    attention.body = body;
    attention.encode(to);
  });
  send(out);
}

inline void FakeConnection::pages(const FakeRequest& request, PageStatus::Part part,
                                  std::uint64_t offset, std::string_view data, int bad) {
  std::vector<std::byte> wire(static_cast<std::size_t>(page_wire_size(offset, data.size())));
  encode_pages(offset, as_bytes(data), wire);
  int number = 0;
  each_page(offset, wire, [&](PageSpan page) {
    if (number++ == bad) page.crc[0] ^= std::byte{1};
  });
  Body out;
  encode_frame(out, request.stream, ResponseStatus::status, [&](Body& to) {
    PageStatus{request.stream, request.id, part, static_cast<std::uint32_t>(wire.size()), offset}
        .encode(to);
  });
  send(out);
  send(ByteView(wire));
}

inline void FakeConnection::open_ok(const FakeRequest& request, std::uint32_t handle,
                                    std::uint64_t size) {
  OpenAnswer answer;
  answer.handle = handle;
  answer.stat = FileStat{};
  answer.stat->size = size;
  answer.stat->flags.readable = true;
  Body body;
  answer.encode(body);
  reply(request, ResponseStatus::ok, body);
}

inline void FakeConnection::idle() {
  while (next()) {
  }
}

}  // namespace sluice::xroot::client
