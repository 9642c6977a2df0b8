// SPDX-License-Identifier: Apache-2.0
// A web server of a test on the loopback: documents by path, one answer for each connection, or none at all.
#pragma once

#include "base/result.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>

#include <atomic>
#include <istream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sluice::auth {

class WebServer {
 public:
  WebServer()
      : acceptor_(context_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        thread_([this] { serve(); }) {}
  ~WebServer() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // wakes accept()
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
  void serve() {
    for (;;) {
      boost::system::error_code error;
      asio::ip::tcp::socket socket(context_);
      acceptor_.accept(socket, error);
      if (error) return;
      answer(std::move(socket));
    }
  }

  void answer(asio::ip::tcp::socket socket) {
    boost::system::error_code error;
    asio::streambuf buffer;
    asio::read_until(socket, buffer, "\r\n\r\n", error);
    ++requests;
    std::istream in(&buffer);
    std::string method;
    std::string path;
    in >> method >> path;
    if (hangs) {
      held_.push_back(std::move(socket));
      return;
    }
    const std::string text = answer_of(path);
    asio::write(socket, asio::buffer(text), error);
  }

  std::string answer_of(const std::string& path) {
    std::scoped_lock lock(mutex_);
    if (auto at = answers_.find(path); at != answers_.end()) return at->second;
    return "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  }

  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  std::vector<asio::ip::tcp::socket> held_;  // of those who wait for an answer in vain
  std::mutex mutex_;
  std::map<std::string, std::string> answers_;
  std::thread thread_;
};

}  // namespace sluice::auth
