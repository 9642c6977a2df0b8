// SPDX-License-Identifier: Apache-2.0
// A real server on a random loopback port; the client is a blocking socket on the test's thread.
#include "http/server.h"

#include "base/task_group.h"
#include "http/service_routes.h"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <stdexcept>
#include <thread>

namespace sluice::http {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Task<Response> echo(Request request) {
  co_return text_response(std::string(request.parameter("name")) + "|" + request.query + "|" +
                          request.body);
}
Task<Response> refuse(Request) { co_return fail(Errc::not_authorized, "no write access"); }
Task<Response> break_down(Request) {
  throw std::runtime_error("secret detail");
  co_return Response{};
}
Task<Response> wait_long(Request) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 3600s);
  co_await timer.async_wait(as_value);
  co_return fail(Errc::cancelled);
}
Task<Response> wait_briefly(Request) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 100ms);
  co_await timer.async_wait(as_value);
  co_return text_response("late but there");
}

class HttpServer : public testing::Test {
 protected:
  Metrics metrics;
  Status readiness = fail(Errc::overloaded, "the disk is full");
  Limits limits;

  ~HttpServer() override {
    if (thread.joinable()) stop();
  }

  void start() {
    std::vector<Route> routes = service_routes(metrics, [this] { return readiness; });
    routes.push_back({Method::get, "/echo/{name}", &echo});
    routes.push_back({Method::post, "/echo/{name}", &echo, 1000});
    routes.push_back({Method::get, "/refused", &refuse});
    routes.push_back({Method::get, "/broken", &break_down});
    routes.push_back({Method::get, "/slow", &wait_long, 0, Duration(30)});
    routes.push_back({Method::get, "/stuck", &wait_long, 0, 3600s});
    routes.push_back({Method::get, "/brief", &wait_briefly});
    server.emplace(context.get_executor(), Endpoint{"127.0.0.1", 0}, std::move(routes), limits,
                   &metrics);
    ASSERT_TRUE(server->listen());
    port = server->local_endpoint().port;
    ASSERT_NE(port, 0);
    spawn_root(context, with_task_group([this](TaskGroup& all) -> asio::awaitable<void> {
                 group = &all;
                 all.spawn(server->serve());
                 co_return;
               }),
               [this](std::exception_ptr e) { thrown = e; });
    thread = std::thread([this] { context.run(); });
  }

  void request_stop() {
    asio::post(context, [this] { group->cancel(); });
  }
  void stop() {
    request_stop();
    thread.join();
    EXPECT_FALSE(thrown);
  }

  // Asked on the server's own thread.
  std::size_t server_connections() {
    std::promise<std::size_t> count;
    asio::post(context, [&] { count.set_value(server->connections()); });
    return count.get_future().get();
  }

  // Sends `text` and reads until the server closes.
  std::string exchange(std::string_view text) {
    tcp::socket socket = connect();
    return finish(socket, text);
  }
  tcp::socket connect() {
    tcp::socket socket(client);
    socket.connect({asio::ip::address_v4::loopback(), port});
    return socket;
  }
  static std::string finish(tcp::socket& socket, std::string_view text) {
    boost::system::error_code error;
    asio::write(socket, asio::buffer(text), error);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    EXPECT_EQ(error, asio::error::eof);
    return answer;
  }
  // What comes up to `end`, on a connection that stays open.
  static std::string next_answer(tcp::socket& socket, std::string_view request,
                                 std::string_view end) {
    asio::write(socket, asio::buffer(request));
    std::string answer;
    asio::read_until(socket, asio::dynamic_buffer(answer), end);
    return answer;
  }

  asio::io_context context{1};
  asio::io_context client;
  std::optional<Server> server;
  std::uint16_t port = 0;
  TaskGroup* group = nullptr;
  std::exception_ptr thrown;
  std::thread thread;
};

TEST_F(HttpServer, get_with_parameter_and_query) {
  start();
  std::string answer =
      exchange("GET /echo/a%20b?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 8\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nDate: "));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\na b|x=1|"));
}

TEST_F(HttpServer, head_has_the_length_and_no_body) {
  start();
  std::string answer = exchange("HEAD /echo/abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST_F(HttpServer, bodies) {
  start();
  EXPECT_THAT(
      exchange(
          "POST /echo/n HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"),
      testing::EndsWith("n||abc"));
  EXPECT_THAT(exchange("POST /echo/n HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                       "chunked\r\nConnection: close\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
              testing::EndsWith("n||abc"));
  std::string limit(1000, 'x');
  EXPECT_THAT(
      exchange(
          "POST /echo/n HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n" +
          limit),
      testing::EndsWith(limit));
}

TEST_F(HttpServer, expect_continue) {
  start();
  tcp::socket socket = connect();
  std::string first = next_answer(socket,
                                  "POST /echo/n HTTP/1.1\r\nHost: x\r\nContent-Length: "
                                  "3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
                                  "\r\n\r\n");
  EXPECT_EQ(first, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(finish(socket, "abc"), testing::EndsWith("n||abc"));
}

TEST_F(HttpServer, body_too_large) {
  start();
  std::string rest(100'000, 'x');
  std::string answer = exchange("POST /echo/n HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" +
                                rest.substr(0, 1001));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(
      exchange("POST /echo/n HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" +
               rest + "\r\n0\r\n\r\n"),
      StartsWith("HTTP/1.1 413 "));
  // A row without a limit takes no body at all.
  EXPECT_THAT(exchange("GET /echo/n HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(
      exchange("POST /echo/n HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\nx"),
      StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServer, errors_are_problems) {
  start();
  std::string unknown = exchange("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(unknown, StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(unknown, HasSubstr("\r\nContent-Type: application/problem+json\r\n"));
  std::string wrong = exchange("POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(wrong, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(wrong, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  EXPECT_THAT(exchange("OPTIONS /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(exchange("BREW /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 501 "));
  EXPECT_THAT(exchange("GET /echo/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  std::string refused = exchange("GET /refused HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(refused, HasSubstr("no write access"));
  std::string broken = exchange("GET /broken HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(broken, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(broken, Not(HasSubstr("secret")));
}

TEST_F(HttpServer, slow_handler_is_cut_off) {
  start();
  EXPECT_THAT(exchange("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 504 "));
}

TEST_F(HttpServer, hostile_input) {
  start();
  EXPECT_THAT(exchange("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(exchange("GET /" + std::string(20'000, 'x')), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(
      exchange("POST /echo/n HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
               "chunked\r\n\r\n0\r\n\r\n"),
      StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(
      exchange("POST /echo/n HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
      StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpServer, host_is_needed_from_1_1_on) {
  start();
  EXPECT_THAT(exchange("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange("GET /healthz HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200 "));
}

TEST_F(HttpServer, absolute_form_of_the_target) {
  start();
  std::string answer =
      exchange("GET http://other:80/echo/a?q HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, testing::EndsWith("a|q|"));
  EXPECT_THAT(exchange("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 404 "));
}

TEST_F(HttpServer, keep_alive_and_pipelining) {
  start();
  tcp::socket socket = connect();
  EXPECT_THAT(next_answer(socket, "GET /echo/one HTTP/1.1\r\nHost: x\r\n\r\n", "one||"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(next_answer(socket, "GET /echo/two HTTP/1.1\r\nHost: x\r\n\r\n", "two||"),
              StartsWith("HTTP/1.1 200"));
  std::string both = finish(socket,
                            "GET /echo/three HTTP/1.1\r\nHost: x\r\n\r\nGET /echo/four "
                            "HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(both, HasSubstr("three||HTTP/1.1 200"));
  EXPECT_THAT(both, testing::EndsWith("four||"));
  EXPECT_THAT(exchange("GET /echo/old HTTP/1.0\r\n\r\n"), testing::EndsWith("old||"));
}

TEST_F(HttpServer, silent_and_slow_clients_are_closed) {
  limits.header_time = Duration(30);
  limits.idle_time = Duration(60);
  start();
  EXPECT_EQ(exchange(""), "");
  EXPECT_EQ(exchange("GET / HT"), "");
  tcp::socket socket = connect();
  next_answer(socket, "GET /echo/one HTTP/1.1\r\nHost: x\r\n\r\n", "one||");
  EXPECT_EQ(finish(socket, ""), "");
  EXPECT_EQ(exchange("POST /echo/n HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na"), "");
}

TEST_F(HttpServer, too_many_connections) {
  limits.connections = 2;
  start();
  tcp::socket one = connect(), two = connect();
  next_answer(one, "GET /echo/one HTTP/1.1\r\nHost: x\r\n\r\n", "one||");
  next_answer(two, "GET /echo/two HTTP/1.1\r\nHost: x\r\n\r\n", "two||");
  tcp::socket three = connect();
  EXPECT_THAT(finish(three, ""), StartsWith("HTTP/1.1 503 "));
  next_answer(one, "GET /echo/one HTTP/1.1\r\nHost: x\r\n\r\n", "one||");
}

TEST_F(HttpServer, service_rows) {
  metrics.counter("sluice_test_total", "Test.").add(5);
  start();
  std::string text = exchange("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(text, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(text, HasSubstr("\nsluice_test_total 5\n"));
  EXPECT_THAT(exchange("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              testing::EndsWith("ok\n"));
  std::string not_ready = exchange("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(not_ready, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(not_ready, HasSubstr("the disk is full"));
  std::string counted = exchange("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(counted, HasSubstr("sluice_http_requests_total{code=\"503\",route=\"/readyz\"} 1\n"));
}

TEST_F(HttpServer, ready) {
  readiness = Status{};
  start();
  EXPECT_THAT(exchange("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServer, stop_lets_the_running_request_end) {
  start();
  tcp::socket idle = connect();
  next_answer(idle, "GET /echo/one HTTP/1.1\r\nHost: x\r\n\r\n", "one||");
  tcp::socket busy = connect();
  asio::write(busy, asio::buffer(std::string_view("GET /brief HTTP/1.1\r\nHost: x\r\n\r\n")));
  while (server_connections() < 2) std::this_thread::yield();
  request_stop();
  EXPECT_EQ(finish(idle, ""), "");
  std::string answer = finish(busy, "");
  EXPECT_THAT(answer, testing::EndsWith("late but there"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  thread.join();
  EXPECT_FALSE(thrown);
  boost::system::error_code refused;
  tcp::socket late(client);
  late.connect({asio::ip::address_v4::loopback(), port}, refused);
  EXPECT_EQ(refused, asio::error::connection_refused);
}

TEST_F(HttpServer, stop_does_not_wait_for_ever) {
  limits.stop_time = Duration(50);
  start();
  tcp::socket stuck = connect();
  asio::write(stuck, asio::buffer(std::string_view("GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n")));
  while (server_connections() < 1) std::this_thread::yield();
  stop();
  EXPECT_EQ(server->connections(), 0U);
}

TEST(HttpListen, address_in_use_is_an_error) {
  asio::io_context context;
  Server one(context.get_executor(), Endpoint{"127.0.0.1", 0}, {});
  ASSERT_TRUE(one.listen());
  Server two(context.get_executor(), one.local_endpoint(), {});
  auto status = two.listen();
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().detail, HasSubstr("cannot listen on 127.0.0.1:"));
}

TEST(HttpListen, every_address) {
  asio::io_context context;
  Server server(context.get_executor(), Endpoint{"*", 0}, {});
  ASSERT_TRUE(server.listen());
  EXPECT_EQ(server.local_endpoint().host, "*");
  tcp::socket v4(context);
  v4.connect({asio::ip::address_v4::loopback(), server.local_endpoint().port});
}

}  // namespace
}  // namespace sluice::http
