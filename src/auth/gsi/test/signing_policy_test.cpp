// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/signing_policy.h"

#include <gtest/gtest.h>

namespace sluice::auth::gsi {
namespace {

constexpr std::string_view policy_text =
    "# ca-policy.conf of two authorities\n"
    "access_id_CA      X509         '/C=EX/O=Authority/CN=Root'\r\n"
    "pos_rights        globus        CA:sign\n"
    "cond_subjects     globus     '\"/C=EX/O=Site A/*\" \"/C=EX/O=Site ?/CN=host\"'\n"
    "\n"
    " access_id_CA X509 \"/C=EX/O=Mail/Email=ca@example.org\"\n"
    "pos_rights globus CA:sign\n"
    "cond_subjects globus '/C=EX/Email=*'\n";

TEST(GsiSigningPolicy, allows_what_it_names) {
  auto policy = SigningPolicy::parse(policy_text);
  ASSERT_TRUE(policy) << policy.error().detail;
  std::string_view root = "/C=EX/O=Authority/CN=Root";
  EXPECT_TRUE(policy->allows(root, "/C=EX/O=Site A/CN=Jane"));
  EXPECT_TRUE(policy->allows(root, "/C=EX/O=Site A/"));
  EXPECT_TRUE(policy->allows(root, "/C=EX/O=Site B/CN=host"));
  EXPECT_FALSE(policy->allows(root, "/C=EX/O=Site B/CN=hostess"));
  EXPECT_FALSE(policy->allows(root, "/C=EX/O=Site AA/CN=Jane"));
  EXPECT_FALSE(policy->allows(root, "/c=ex/O=Site A/CN=Jane"));
  EXPECT_FALSE(policy->allows("/C=EX/O=Authority/CN=Other", "/C=EX/O=Site A/CN=Jane"));
  EXPECT_TRUE(policy->allows("/C=EX/O=Mail/emailAddress=ca@example.org", "/C=EX/E=jane"));
}

TEST(GsiSigningPolicy, needs_the_right_to_sign) {
  auto policy = SigningPolicy::parse(
      "access_id_CA X509 '/CN=A'\npos_rights globus CA:other\ncond_subjects globus '\"*\"'\n");
  ASSERT_TRUE(policy);
  EXPECT_FALSE(policy->allows("/CN=A", "/CN=x"));
  EXPECT_FALSE(SigningPolicy::parse("")->allows("/CN=A", "/CN=x"));
}

TEST(GsiSigningPolicy, what_is_not_understood_is_an_error) {
  for (std::string_view text :
       {"garbage", "access_id_CA", "access_id_CA X509", "access_id_CA KRB5 '/CN=A'",
        "pos_rights globus CA:sign", "cond_subjects globus '\"*\"'",
        "access_id_CA X509 '/CN=A'\nneg_rights globus CA:sign",
        "access_id_CA X509 '/CN=A'\ncond_subjects globus '\"/CN=open'",
        "access_id_CA X509 '/CN=A'\ncond_subjects globus '\"/CN=a\" b'"}) {
    EXPECT_FALSE(SigningPolicy::parse(text)) << text;
  }
}

TEST(GsiSigningPolicy, patterns) {
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("a*b*c", "a--b--b-c"));
  EXPECT_FALSE(matches_pattern("a*b*c", "a--b--b-"));
  EXPECT_TRUE(matches_pattern("?*", "x"));
  EXPECT_FALSE(matches_pattern("?*", ""));
  // What would take years if every star were tried everywhere.
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(matches_pattern(pattern + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace sluice::auth::gsi
