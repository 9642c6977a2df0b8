// SPDX-License-Identifier: Apache-2.0
// What a URL means, compared with what xrdcp 5.5.3 does with the same.
#include "xroot/url.h"

#include <gtest/gtest.h>

namespace sluice::xroot {
namespace {

Url parsed(std::string_view text) {
  auto url = Url::parse(text);
  EXPECT_TRUE(url) << text << ": " << (url ? "" : url.error().detail);
  return url.value_or(Url{});
}

TEST(Url, serverAndPath) {
  const Url url = parsed("root://host.example.org:2094//data/f?authz=x&y=z");
  EXPECT_EQ(url.scheme, Scheme::root);
  EXPECT_EQ(url.host, "host.example.org");
  EXPECT_EQ(url.port, 2094);
  EXPECT_EQ(url.path, "/data/f");
  EXPECT_EQ(url.cgi, "authz=x&y=z");
  EXPECT_EQ(url.path_with_cgi(), "/data/f?authz=x&y=z");
}

TEST(Url, theDefaultPortIs1094) {
  EXPECT_EQ(parsed("root://h//a").port, 1094);
  EXPECT_EQ(parsed("roots://h//a").port, 1094);
  EXPECT_EQ(parsed("root://h:1094//a").text(), "root://h//a");
}

TEST(Url, oneSlashNamesTheSameFileAsTwo) {
  EXPECT_EQ(parsed("root://h/data/f").path, "/data/f");
  EXPECT_EQ(parsed("root://h//data/f").path, "/data/f");
  EXPECT_EQ(parsed("root://h///data/f").path, "//data/f")
      << "gfal writes three; the path itself is collapsed later";
  EXPECT_EQ(parsed("root://h/").path, "/");
  EXPECT_EQ(parsed("root://h").path, "");
  EXPECT_EQ(parsed("root://h?a=b").cgi, "a=b");
}

TEST(Url, schemes) {
  EXPECT_EQ(parsed("xroot://h//a").scheme, Scheme::root);
  EXPECT_EQ(parsed("xroots://h//a").scheme, Scheme::roots);
  EXPECT_TRUE(parsed("roots://h//a").wants_tls());
  EXPECT_FALSE(Url::parse("http://h/a"));
  EXPECT_FALSE(Url::parse("://h/a"));
}

TEST(Url, addresses) {
  const Url v6 = parsed("root://[2001:db8::1]:1095//a");
  EXPECT_EQ(v6.host, "2001:db8::1");
  EXPECT_EQ(v6.port, 1095);
  EXPECT_EQ(v6.host_port(), "[2001:db8::1]:1095");
  EXPECT_EQ(v6.text(), "root://[2001:db8::1]:1095//a");
  EXPECT_EQ(parsed("root://[::1]//a").text(), "root://[::1]//a");
  EXPECT_EQ(parsed("root://[::ffff:10.0.0.1]//a").host, "10.0.0.1");
  EXPECT_EQ(parsed("root://10.0.0.1//a").host, "10.0.0.1");
}

TEST(Url, userAndPassword) {
  const Url url = parsed("root://duck:pond@h//a@b?secret=1");
  EXPECT_EQ(url.user, "duck");
  EXPECT_EQ(url.password, "pond");
  EXPECT_EQ(url.path, "/a@b");
  EXPECT_EQ(url.display(), "root://duck@h//a@b");
  EXPECT_EQ(url.text(), "root://duck:pond@h//a@b?secret=1");
  EXPECT_EQ(parsed("root://:pond@h//a").text(), "root://:pond@h//a") << "found by fuzzing";
  EXPECT_EQ(parsed("root://:pond@h//a").display(), "root://h//a");
}

TEST(Url, nothingIsPercentDecoded) { EXPECT_EQ(parsed("root://h//a%20b c%").path, "/a%20b c%"); }

TEST(Url, localFiles) {
  EXPECT_TRUE(parsed("/tmp/x?y").is_local());
  EXPECT_EQ(parsed("/tmp/x?y").path, "/tmp/x?y") << "a '?' is part of a local name";
  EXPECT_EQ(parsed("x").path, "x");
  EXPECT_EQ(parsed("file:///tmp/x").path, "/tmp/x");
  EXPECT_EQ(parsed("file://localhost/tmp/x").path, "/tmp/x");
  EXPECT_FALSE(Url::parse("file://elsewhere/x"));
}

TEST(Url, whatCannotBeAServerIsAUsageError) {
  for (std::string_view text :
       {"", "root://", "root:///a", "root://:1094//a", "root://h:0//a", "root://h:65536//a",
        "root://h:x//a", "root://[::1//a", "root://[::1]x//a", "root://[<>]//a", "root://a b//c"}) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, Errc::usage) << text;
  }
}

TEST(Url, serversWithoutAScheme) {
  EXPECT_EQ(Url::parse_server("h")->host_port(), "h:1094");
  EXPECT_EQ(Url::parse_server("h:1095")->host_port(), "h:1095");
  EXPECT_EQ(Url::parse_server("[::1]:7")->host_port(), "[::1]:7");
  EXPECT_EQ(Url::parse_server("roots://h")->scheme, Scheme::roots);
  EXPECT_FALSE(Url::parse_server("file:///a"));
  EXPECT_FALSE(Url::parse_server(""));
}

}  // namespace
}  // namespace sluice::xroot
