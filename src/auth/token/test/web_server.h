// SPDX-License-Identifier: Apache-2.0
// A web server of a test on the loopback: documents by path, each connection answered once, or never.
#pragma once

#include "base/result.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <istream>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace sluice::auth {

class WebServer {
 public:
  WebServer() : acceptor_(context_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~WebServer() {
    context_.stop();
    thread_.join();
  }
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  // The whole answer, head and all.
  void put_raw(const std::string& path, std::string answer) {
    std::scoped_lock lock(mutex_);
    answers_[path] = std::move(answer);
  }
  void put(const std::string& path, const std::string& body) {
    put_raw(path, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  std::atomic<bool> hangs{false};
  std::atomic<int> requests{0};

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
      asio::co_spawn(context_, answer(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> answer(asio::ip::tcp::socket socket) {
    asio::streambuf buffer;
    co_await asio::async_read_until(socket, buffer, "\r\n\r\n", asio::use_awaitable);
    ++requests;
    std::istream in(&buffer);
    std::string method;
    std::string path;
    in >> method >> path;
    if (hangs) {
      asio::steady_timer forever(context_, asio::steady_timer::time_point::max());
      co_await forever.async_wait(asio::use_awaitable);
    }
    std::string text = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    {
      std::scoped_lock lock(mutex_);
      if (auto at = answers_.find(path); at != answers_.end()) text = at->second;
    }
    co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
  }

  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  std::mutex mutex_;
  std::map<std::string, std::string> answers_;
  std::thread thread_;
};

}  // namespace sluice::auth
