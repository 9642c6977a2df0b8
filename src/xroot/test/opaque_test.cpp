// SPDX-License-Identifier: Apache-2.0
// Walking, searching and changing CGI as clients and redirects do.
#include "xroot/opaque.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace sluice::xroot {
namespace {

std::vector<std::string> texts(std::string_view cgi) {
  std::vector<std::string> out;
  for (const Opaque::Pair& pair : Opaque(cgi)) out.emplace_back(pair.text);
  return out;
}

TEST(Opaque, walksPairs) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts("a=1&b&c="), (Texts{"a=1", "b", "c="}));
  EXPECT_EQ(texts("?&&a=1&&b=2&"), (Texts{"a=1", "b=2"}));
  EXPECT_EQ(texts(""), Texts{});
  EXPECT_EQ(texts("?"), Texts{});
}

TEST(Opaque, getsTheLastValue) {
  const Opaque cgi("a=1&b&c=x=y&a=2");
  EXPECT_EQ(cgi.get("a"), "2");
  EXPECT_EQ(cgi.get("b"), "");
  EXPECT_EQ(cgi.get("c"), "x=y") << "only the first '=' separates";
  EXPECT_FALSE(cgi.get("d"));
  EXPECT_FALSE(cgi.get(""));
}

TEST(Opaque, removesKeys) {
  const Opaque cgi("tried=h&a=1&triedrc=ioerr&sluice.cap=x&b=2");
  EXPECT_EQ(cgi.without([](std::string_view key) {
    return key.starts_with("tried") || key.starts_with("sluice.");
  }),
            "a=1&b=2");
}

TEST(Opaque, mergesLikeARedirect) {
  EXPECT_EQ(Opaque("a=1&b=2").merged(Opaque("b=3&c=4")), "a=1&b=3&c=4");
  EXPECT_EQ(Opaque("").merged(Opaque("c=4")), "c=4");
  EXPECT_EQ(Opaque("a").merged(Opaque("")), "a");
}

TEST(Opaque, appends) {
  std::string cgi;
  Opaque::append(cgi, "a", "1");
  Opaque::append(cgi, "b=2");
  EXPECT_EQ(cgi, "a=1&b=2");
}

TEST(Percent, decodesAndRefuses) {
  EXPECT_EQ(*percent_decode("a%20b%2Fc"), "a b/c");
  EXPECT_EQ(*percent_decode("%41"), "A") << "at the very end";
  for (std::string_view text : {"%", "%4", "a%zz", "%%41"})
    EXPECT_FALSE(percent_decode(text)) << text;
}

RC_GTEST_PROP(Percent, isInverse, (const std::string& text)) {
  RC_ASSERT(*percent_decode(percent_encode(text)) == text);
}

}  // namespace
}  // namespace sluice::xroot
