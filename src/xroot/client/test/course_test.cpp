// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/course.h"

#include "xroot/client/test/use.h"

#include <gtest/gtest.h>

namespace sluice::xroot::client {
namespace {

Course course_at(std::string_view url) { return Course(*Url::parse(url)); }

RedirectAnswer to_host(std::string_view host, std::uint16_t port, std::string_view cgi = {}) {
  RedirectAnswer answer;
  answer.target = host;
  answer.port = port;
  answer.cgi = cgi;
  return answer;
}
RedirectAnswer to_url(std::string_view url, std::string_view cgi = {}) {
  RedirectAnswer answer;
  answer.target = url;
  answer.is_url = true;
  answer.cgi = cgi;
  return answer;
}

const Error broken_disk{Errc::io, "broken", std::source_location::current()};

TEST(Course, KeepsTlsWhereverItIsSent) {
  Course course = course_at("roots://door//f");
  ASSERT_TRUE(succeeded(course.follow(to_url("root://pool:1095//f"), true, {}, 16)));
  EXPECT_TRUE(course.here().wants_tls());
  EXPECT_EQ(course.here().host_port(), "pool:1095");
  RedirectPolicy policy;
  policy.from_tls_to_clear = true;
  Course allowed = course_at("roots://door//f");
  ASSERT_TRUE(succeeded(allowed.follow(to_url("root://pool:1095//f"), true, policy, 16)));
  EXPECT_FALSE(allowed.here().wants_tls());
}

TEST(Course, KeepsThePathWhenTheRedirectHasNone) {
  Course course = course_at("root://door//f?a=1");
  ASSERT_TRUE(succeeded(course.follow(to_url("root://pool:1095", "b=2"), true, {}, 16)));
  EXPECT_EQ(course.here().path_with_cgi(), "/f?a=1&b=2");
}

TEST(Course, TakesAnIpv6AddressInBrackets) {
  Course course = course_at("root://door//f");
  ASSERT_TRUE(succeeded(course.follow(to_host("[::1]", 1095), true, {}, 16)));
  EXPECT_EQ(course.here().host, "::1");
  EXPECT_EQ(course.here().port, 1095);
}

TEST(Course, HasNoDoorWithoutAManager) {
  Course course = course_at("root://pool//f");
  EXPECT_FALSE(course.back_to_door(broken_disk));
  ASSERT_TRUE(succeeded(course.follow(to_host("other", 1094), false, {}, 16)));
  EXPECT_FALSE(course.back_to_door(broken_disk));
}

TEST(Course, ListsAllWhoFailed) {
  Course course = course_at("root://door//f?k=v");
  ASSERT_TRUE(succeeded(course.follow(to_host("one", 1094, "cap=1"), true, {}, 16)));
  ASSERT_TRUE(course.back_to_door(broken_disk));
  EXPECT_EQ(course.here().host, "door");
  ASSERT_TRUE(succeeded(course.follow(to_host("two", 1094, "cap=2"), true, {}, 16)));
  ASSERT_TRUE(course.back_to_door({Errc::not_found, "", std::source_location::current()}));
  EXPECT_EQ(course.here().path_with_cgi(), "/f?k=v&tried=one,two&triedrc=ioerr,enoent");
}

TEST(Course, GivesNobodyAThirdTry) {
  Course course = course_at("root://door//f");
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(succeeded(course.follow(to_host("pool", 1094), true, {}, 16)));
    EXPECT_TRUE(course.back_to_door(broken_disk));
  }
  ASSERT_TRUE(succeeded(course.follow(to_host("pool", 1094), true, {}, 16)));
  EXPECT_FALSE(course.back_to_door(broken_disk));
}

TEST(Course, RefusesOpaqueTextWithoutEnd) {
  Course course = course_at("root://door//f");
  std::string cgi = "k=" + std::string(20'000, 'x');
  EXPECT_FALSE(course.follow(to_host("pool", 1094, cgi), true, {}, 16));
}

}  // namespace
}  // namespace sluice::xroot::client
