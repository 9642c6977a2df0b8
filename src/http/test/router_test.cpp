// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <stdexcept>

namespace sluice::http {
namespace {

Task<Response> nothing(Request) { co_return Response{}; }

Router router() {
  return Router({{Method::get, "/jobs/{id}", &nothing},
                 {Method::delete_, "/jobs/{id}", &nothing},
                 {Method::get, "/jobs/all", &nothing},
                 {Method::get, "/jobs/{id}/files/{file}", &nothing},
                 {Method::post, "/jobs", &nothing}});
}

TEST(Router, literal_and_parameters) {
  Router table = router();
  auto match = table.find(Method::get, "/jobs/17/files/a%20b%2Fc");
  ASSERT_TRUE(match);
  ASSERT_NE(match->route, nullptr);
  EXPECT_EQ(match->parameters, (Fields{{"id", "17"}, {"file", "a b/c"}}));
  EXPECT_EQ(table.find(Method::get, "/jobs/all")->route->path, "/jobs/all");
  EXPECT_EQ(table.find(Method::delete_, "/jobs/all")->route->path, "/jobs/{id}");
  EXPECT_EQ(table.find(Method::head, "/jobs/5")->route->method, Method::get);
}

TEST(Router, not_found_and_not_allowed) {
  Router table = router();
  auto unknown = table.find(Method::get, "/jobs/1/2");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->route, nullptr);
  EXPECT_EQ(unknown->allowed, "");
  EXPECT_EQ(table.find(Method::get, "/jobs/")->route, nullptr);  // an empty segment is no parameter
  auto refused = table.find(Method::put, "/jobs/5");
  EXPECT_EQ(refused->route, nullptr);
  EXPECT_EQ(refused->allowed, "GET, HEAD, DELETE");
  EXPECT_EQ(table.find(Method::get, "/jobs")->allowed, "POST");
}

TEST(Router, wrong_encoding_is_an_error) {
  Router table = router();
  for (std::string_view path : {"/jobs/%", "/jobs/%2", "/jobs/%zz", "/jobs/%00"})
    EXPECT_FALSE(table.find(Method::get, path)) << path;
}

TEST(Router, wrong_tables_throw) {
  EXPECT_THROW(Router({{Method::get, "/a", &nothing}, {Method::get, "/a", &nothing}}),
               std::logic_error);
  EXPECT_THROW(Router({{Method::get, "a", &nothing}}), std::logic_error);
  EXPECT_THROW(Router({{Method::get, "/a", nullptr}}), std::logic_error);
}

TEST(Message, query) {
  Request request;
  request.query = "a=1&b=x+y%26z&flag&a=2&bad=%";
  EXPECT_EQ(request.query_value("a"), "1");
  EXPECT_EQ(request.query_value("b"), "x y&z");
  EXPECT_EQ(request.query_value("flag"), "");
  EXPECT_EQ(request.query_value("bad"), std::nullopt);
  EXPECT_EQ(request.query_value("c"), std::nullopt);
}

TEST(Message, headers_ignore_case) {
  Request request;
  request.headers = {{"X-One", "1"}};
  EXPECT_EQ(request.header("x-oNE"), "1");
  EXPECT_EQ(request.header("x-two"), std::nullopt);
}

TEST(Message, problem_of_an_error) {
  Response response = problem(Error{Errc::not_found, "/a \"b\"", {}});
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body,
            "{\"type\":\"about:blank\",\"title\":\"No such file or directory\",\"status\":404,"
            "\"detail\":\"/a \\\"b\\\"\",\"code\":\"not_found\"}\n");
}

TEST(Message, methods) {
  for (Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch,
                        Method::delete_, Method::options}) {
    EXPECT_EQ(method_from_text(to_text(method)), method);
  }
  EXPECT_EQ(method_from_text("BREW"), std::nullopt);
}

RC_GTEST_PROP(Message, percent_decoding_undoes_encoding, (const std::string& text)) {
  std::string wanted = text;
  std::erase(wanted, '\0');
  RC_ASSERT(percent_decoded(percent_encoded(wanted)).value() == wanted);
}

TEST(Message, percent_encoding) {
  EXPECT_EQ(percent_encoded("/a b&c=1+Z_-.~\xff"), "%2Fa%20b%26c%3D1%2BZ_-.%7E%FF");
}

}  // namespace
}  // namespace sluice::http
