// SPDX-License-Identifier: Apache-2.0
#include "auth/mapping/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace sluice::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MappingTest : public testing::Test {
 protected:
  MappingTest() {
    std::string name = testing::TempDir() + "/mapXXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~MappingTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, std::string_view text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  Mapping mapping(std::vector<std::string> rules, std::vector<std::string> bans = {}) {
    auto out = Mapping::parse(
        {.mapping = std::move(rules), .ban = std::move(bans)},
        [this](const std::string& name) -> Result<std::optional<Account>> {
          ++lookups_;
          if (is_down_) return fail(Errc::timed_out, "no name service");
          auto found = accounts_.find(name);
          return found != accounts_.end() ? std::optional(found->second) : std::nullopt;
        },
        [](const std::string& name) -> Result<std::optional<std::int64_t>> {
          return name == "cms" ? std::optional<std::int64_t>(500) : std::nullopt;
        });
    EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().detail);
    return std::move(*out);
  }

  std::map<std::string, Account> accounts_{
      {"jane", {1000, {1000, 10}}}, {"cmsprod", {600, {500}}}, {"root", {0, {0}}}, {"0", {7, {7}}}};
  int lookups_ = 0;
  bool is_down_ = false;
  std::string folder_;
};

Identity of(std::string method, std::string name, bool is_proven = true) {
  Identity out;
  out.method = std::move(method);
  out.name = std::move(name);
  out.is_proven = is_proven;
  return out;
}
Identity gsi(std::string dn, std::vector<std::string> fqans = {}) {
  Identity out = of("gsi", std::move(dn));
  out.fqans = std::move(fqans);
  out.vo = "cms";
  return out;
}
Identity sss(std::string user) { return of("sss", std::move(user)); }

TEST_F(MappingTest, WhomNoRuleFitsIsAnonymousUnderItsName) {
  const auto token = std::make_shared<const Token>();
  Identity jane = gsi("/CN=Jane");
  jane.token = token;
  const auto who = mapping({"gsi dn=/CN=Joe -> user=1"}).map(jane);
  EXPECT_TRUE(who->is_anonymous);
  EXPECT_EQ(who->name, "/CN=Jane");
  EXPECT_EQ(who->user, -1);
  EXPECT_EQ(who->token, token);
  EXPECT_TRUE(mapping({}).map({})->is_anonymous);
}

TEST_F(MappingTest, TheFirstRuleThatHoldsDecides) {
  const Mapping rules =
      mapping({"gsi dn=/CN=Jane -> user=1000 group=1000,100 name=jane",
               "gsi vo=cms -> user=cmsprod group=cms root=/cms/ read-only", "* -> deny"});
  const auto jane = rules.map(gsi("/CN=Jane"));
  EXPECT_EQ(jane->user, 1000);
  EXPECT_THAT(jane->groups, ElementsAre(1000, 100));
  EXPECT_EQ(jane->name, "jane");
  EXPECT_FALSE(jane->is_anonymous || jane->is_superuser || jane->may_only_read);
  const auto other = rules.map(gsi("/CN=Joe"));
  EXPECT_EQ(other->user, 600);
  EXPECT_THAT(other->groups, ElementsAre(500));
  EXPECT_EQ(other->name, "cmsprod");
  EXPECT_EQ(other->root, "/cms");
  EXPECT_TRUE(other->may_only_read);
  EXPECT_EQ(rules.map(sss("eve")).error().code, Errc::not_authorized);
}

TEST_F(MappingTest, AccountsGiveTheirGroups) {
  EXPECT_THAT(mapping({"sss -> user=jane"}).map(sss("x"))->groups, ElementsAre(1000, 10));
  EXPECT_THAT(mapping({"sss account ->"}).map(sss("jane"))->groups, ElementsAre(1000, 10));
  EXPECT_THAT(mapping({"sss -> user=%name"}).map(sss("jane"))->groups, ElementsAre(1000, 10));
  EXPECT_THAT(mapping({"sss -> user=1000"}).map(sss("jane"))->groups, IsEmpty());
}

TEST_F(MappingTest, AnAccountThatIsNotThereEndsTheLoginOrTheRule) {
  EXPECT_THAT(mapping({"sss -> user=%name", "* -> user=1"}).map(sss("eve")).error().detail,
              HasSubstr("no account eve"));
  EXPECT_EQ(mapping({"sss account ->", "* -> user=1"}).map(sss("eve"))->user, 1);
  EXPECT_THAT(mapping({"sss -> user=1 group=nogroup"}).map(sss("eve")).error().detail,
              HasSubstr("no group nogroup"));
}

TEST_F(MappingTest, NobodyBecomesRootByItsName) {
  EXPECT_FALSE(mapping({"sss -> user=%name"}).map(sss("root")).has_value());
  EXPECT_TRUE(mapping({"sss account ->"}).map(sss("root"))->is_anonymous);
  // Nor uid 0 by being called 0.
  EXPECT_EQ(mapping({"sss -> user=%name"}).map(sss("0"))->user, 7);
  // The operator may say it.
  EXPECT_EQ(mapping({"sss user=root -> user=0"}).map(sss("root"))->user, 0);
  EXPECT_TRUE(mapping({"sss user=root -> superuser"}).map(sss("root"))->is_superuser);
}

TEST_F(MappingTest, NamesThatLeadElsewhereArePlacesForNobody) {
  const Mapping rules = mapping({"sss -> user=1 root=/home/%name"});
  EXPECT_EQ(rules.map(sss("jane"))->root, "/home/jane");
  for (const char* name : {"..", ".", "", "a/b", "/"})
    EXPECT_FALSE(rules.map(sss(name)).has_value()) << name;
  EXPECT_EQ(mapping({"sss -> user=1 home=/home/%name.d"}).map(sss("jane"))->home, "/home/jane.d");
}

TEST_F(MappingTest, KerberosNamesAreOfARealm) {
  const Mapping rules = mapping({"krb5 realm=EXAMPLE.ORG account -> home=/home/%name"});
  EXPECT_EQ(rules.map(of("krb5", "jane@EXAMPLE.ORG"))->home, "/home/jane");
  EXPECT_TRUE(rules.map(of("krb5", "jane@EVIL.ORG"))->is_anonymous);
}

TEST_F(MappingTest, GridMapFilesAreReadAgain) {
  const std::string path =
      write("grid-mapfile", "# people\n\"/DC=org/CN=Jane Doe\" jane,other\n/CN=Short cmsprod\n");
  const Mapping rules = mapping({"* gridmap=" + path + " ->"});
  EXPECT_EQ(rules.map(gsi("/DC=org/CN=Jane Doe"))->user, 1000);
  EXPECT_EQ(rules.map(gsi("/CN=Short"))->user, 600);
  EXPECT_TRUE(rules.map(gsi("/CN=Joe"))->is_anonymous);
  write("grid-mapfile", "\"/CN=Joe\" jane\n");
  EXPECT_EQ(rules.map(gsi("/CN=Joe"))->user, 1000);
  EXPECT_TRUE(rules.map(gsi("/CN=Short"))->is_anonymous);
  write("grid-mapfile", "\"/CN=Joe jane\n");
  EXPECT_EQ(rules.map(gsi("/CN=Joe"))->user, 1000);
  EXPECT_THAT(rules.reload().error().detail, HasSubstr("grid-mapfile:1: a quote is not closed"));
}

TEST_F(MappingTest, VoMapFilesGoByTheOrderOfTheClient) {
  const std::string path = write(
      "vo-map", "\"/cms/Role=production\" cmsprod\n\"/CN=Vip*\" \"*\" jane\n\"/cms*\" jane\n");
  const Mapping rules = mapping({"gsi vo-map=" + path + " ->"});
  EXPECT_EQ(rules.map(gsi("/CN=A", {"/cms/Role=production/Capability=NULL", "/cms"}))->user, 600);
  EXPECT_EQ(
      rules.map(gsi("/CN=A", {"/cms/Role=NULL/Capability=NULL", "/cms/Role=production"}))->user,
      1000);
  EXPECT_EQ(rules.map(gsi("/CN=Vip1", {"/atlas"}))->user, 1000);
  EXPECT_TRUE(rules.map(gsi("/CN=A", {"/atlas"}))->is_anonymous);
  EXPECT_TRUE(rules.map(gsi("/CN=A"))->is_anonymous);
}

TEST_F(MappingTest, BansComeFirst) {
  const std::string path = write("ban", "# eve\n/CN=Eve Doe\ntoken issuer=evil.org subject=*\n");
  const Mapping rules =
      mapping({"* -> user=1"}, {"sss user=eve", "gsi fqan=/cms/Role=lost", "file=" + path});
  EXPECT_THAT(rules.map(sss("eve")).error().detail, HasSubstr("banned"));
  EXPECT_TRUE(rules.map(sss("jane")).has_value());
  EXPECT_FALSE(rules.map(gsi("/CN=Eve Doe")).has_value());
  EXPECT_FALSE(rules.map(gsi("/CN=Jane", {"/cms", "/cms/Role=lost"})).has_value());
  write("ban", "/CN=Jane\n");
  EXPECT_FALSE(rules.map(gsi("/CN=Jane")).has_value());
  EXPECT_TRUE(rules.map(gsi("/CN=Eve Doe")).has_value());
  // What only claims to be somebody is banned as well.
  EXPECT_FALSE(mapping({}, {"unix user=eve"}).map(of("unix", "eve", false)).has_value());
  EXPECT_FALSE(mapping({}, {"* name=eve"}).map(of("unix", "eve", false)).has_value());
}

TEST_F(MappingTest, MistakesNameTheRule) {
  const auto mistake = [](MappingConfig config) { return Mapping::parse(config).error().detail; };
  EXPECT_THAT(mistake({.mapping = {"gsi -> user=1", "gis -> deny"}}),
              HasSubstr("auth.mapping: \"gis -> deny\": "));
  EXPECT_THAT(mistake({.mapping = {}, .ban = {"gsi"}}), HasSubstr("auth.ban: \"gsi\": "));
  EXPECT_THAT(mistake({.mapping = {}, .ban = {"file=/nowhere"}}), HasSubstr("/nowhere"));
  const std::string path = write("ban", "gsi dn=/CN=A\ngis dn=/CN=A\n");
  EXPECT_THAT(mistake({.mapping = {}, .ban = {"file=" + path}}), HasSubstr("ban:2: "));
}

TEST_F(MappingTest, ExplainsWhatEachRuleDid) {
  const Explanation all = mapping({"token -> user=1", "gsi fqan=/cms -> user=2",
                                   "gsi dn=/CN=Jane -> user=jane", "* -> deny"},
                                  {"gsi dn=/CN=Eve"})
                              .explain(gsi("/CN=Jane", {"/atlas"}));
  ASSERT_EQ(all.steps.size(), 4U);
  EXPECT_TRUE(all.steps[0].is_ban);
  EXPECT_FALSE(all.steps[0].holds);
  EXPECT_EQ(all.steps[0].why, "dn is /CN=Jane");
  EXPECT_EQ(all.steps[1].why, "the method is gsi");
  EXPECT_EQ(all.steps[2].why, "fqan is /atlas");
  EXPECT_TRUE(all.steps[3].holds);
  EXPECT_EQ(all.result->user, 1000);
}

TEST_F(MappingTest, AccountsAreRememberedAndErrorsAreNot) {
  const Mapping rules = mapping({"sss account ->"});
  EXPECT_TRUE(rules.map(sss("jane")).has_value());
  EXPECT_TRUE(rules.map(sss("jane")).has_value());
  EXPECT_EQ(lookups_, 1);
  is_down_ = true;
  EXPECT_TRUE(rules.map(sss("jane")).has_value());
  EXPECT_EQ(rules.map(sss("joe")).error().code, Errc::timed_out);
  is_down_ = false;
  accounts_["joe"] = {5, {5}};
  EXPECT_EQ(rules.map(sss("joe"))->user, 5);
  accounts_["joe"] = {6, {6}};
  EXPECT_TRUE(rules.reload().has_value());
  EXPECT_EQ(rules.map(sss("joe"))->user, 6);
}

TEST(Remembered, IsBoundedAndForgetsInTime) {
  int calls = 0;
  Remembered<int> names([&](const std::string&) { return ++calls; }, Duration(1'000), 2);
  const auto start = Remembered<int>::Clock::time_point{};
  using std::chrono::milliseconds;
  EXPECT_EQ(*names.find("a", start), 1);
  EXPECT_EQ(*names.find("a", start + milliseconds(999)), 1);
  EXPECT_EQ(*names.find("a", start + milliseconds(1000)), 2);
  EXPECT_EQ(*names.find("b", start + milliseconds(1000)), 3);
  EXPECT_EQ(*names.find("c", start + milliseconds(1000)), 4);
  EXPECT_EQ(*names.find("b", start + milliseconds(1001)), 3);
  EXPECT_EQ(*names.find("a", start + milliseconds(1001)), 5);
  Remembered<int> none([&](const std::string&) { return ++calls; }, Duration(1'000), 0);
  EXPECT_EQ(*none.find("a", start), 6);
  EXPECT_EQ(*none.find("a", start), 7);
}

TEST(SystemAccounts, AreThoseOfTheMachine) {
  const auto root = system_account("root");
  ASSERT_TRUE(root.has_value() && root->has_value());
  EXPECT_EQ((*root)->user, 0);
  EXPECT_EQ((*root)->groups.front(), 0);
  EXPECT_FALSE(system_account("nobody-is-called-so")->has_value());
  EXPECT_FALSE(system_account(std::string("root\0x", 6))->has_value());
  EXPECT_FALSE(system_account("")->has_value());
  EXPECT_EQ(**system_group("root"), 0);
  EXPECT_FALSE(system_group("nobody-is-called-so")->has_value());
}

}  // namespace
}  // namespace sluice::auth
