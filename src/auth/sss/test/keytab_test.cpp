// SPDX-License-Identifier: Apache-2.0
#include "auth/sss/keytab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sluice::auth::sss {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view one =
    "0 u:eosdev g:eos n:mykey N:7711038554998046721 c:1795366070 e:0 f:0 k:00ff10ab\n";

Keytab parsed(std::string_view text) {
  auto out = Keytab::parse(text, "keytab");
  EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().detail);
  return out ? *out : Keytab();
}

std::string error_of(std::string_view text) {
  auto out = Keytab::parse(text, "keytab");
  return out ? "" : out.error().detail;
}

TEST(SssKeytab, ReadsWhatXrdsssadminWrites) {
  const Keytab keytab = parsed(one);
  ASSERT_EQ(keytab.keys().size(), 1U);
  const Key& key = keytab.keys().front();
  EXPECT_EQ(key.id, 7711038554998046721);
  EXPECT_EQ(key.user, "eosdev");
  EXPECT_EQ(key.group, "eos");
  EXPECT_EQ(key.name, "mykey");
  EXPECT_EQ(key.created, 1795366070);
  EXPECT_FALSE(key.is_expired(4'000'000'000));
  EXPECT_EQ(key.value,
            (std::vector{std::byte{0}, std::byte{0xff}, std::byte{0x10}, std::byte{0xab}}));
}

TEST(SssKeytab, KnowsTheWordsThatStandForAnybody) {
  const Keytab keytab = parsed(
      "0 u:anybody g:anygroup n:a N:1 k:00\n0 u:allusers g:usrgroup n:b+ N:2 k:00\n0 N:3 k:00\n");
  const auto& keys = keytab.keys();
  EXPECT_TRUE(keys[0].takes_any_user() && keys[0].takes_any_group());
  EXPECT_FALSE(keys[0].skips_address() || keys[0].leaves_groups_to_user());
  EXPECT_TRUE(keys[1].takes_any_user() && keys[1].leaves_groups_to_user());
  EXPECT_TRUE(keys[1].skips_address());
  EXPECT_EQ(keys[2].user, "nobody");
  EXPECT_EQ(keys[2].group, "nogroup");
  EXPECT_FALSE(keys[2].takes_any_user());
}

TEST(SssKeytab, FindsByIdAndAsksTheNameWhereIdsAreEqual) {
  const Keytab keytab = parsed("0 n:a N:1 k:01\n0 n:b N:1 k:02\n0 n:c N:2 k:03");
  EXPECT_EQ(keytab.find(1, "b")->value.front(), std::byte{2});
  EXPECT_EQ(keytab.find(1, "other")->value.front(), std::byte{1});
  EXPECT_EQ(keytab.find(2, "a")->value.front(), std::byte{3});
  EXPECT_EQ(keytab.find(3, "a"), nullptr);
}

TEST(SssKeytab, ClientTakesTheLastKeyAndOfItsLikeTheLongestLasting) {
  EXPECT_EQ(parsed("0 n:a N:1 k:01\n0 n:b N:2 k:02\n").for_client(100)->id, 2);
  // The same name, user and group: xrdsssadmin puts the newest first.
  EXPECT_EQ(parsed("0 n:a N:3 k:01\n0 n:a N:2 k:02\n").for_client(100)->id, 3);
  EXPECT_EQ(parsed("0 n:a N:3 e:200 k:01\n0 n:a N:2 e:300 k:02\n").for_client(100)->id, 2);
  EXPECT_EQ(parsed("0 n:a N:3 e:200 k:01\n0 n:a N:2 e:0 k:02\n").for_client(100)->id, 2);
  // What has expired is not there.
  EXPECT_EQ(parsed("0 n:a N:1 k:01\n0 n:b N:2 e:99 k:02\n").for_client(100)->id, 1);
  EXPECT_EQ(parsed("0 n:b N:2 e:99 k:02\n").for_client(100), nullptr);
}

TEST(SssKeytab, NamesTheLineAndShowsNoKey) {
  EXPECT_THAT(error_of("0 N:1 k:00\n2 N:1 k:00\n"), HasSubstr("keytab:2"));
  EXPECT_THAT(error_of("0 N:1\n"), HasSubstr("no key"));
  EXPECT_THAT(error_of("0 k:00\n"), HasSubstr("no number"));
  EXPECT_THAT(error_of("0 N:x k:00\n"), HasSubstr("number"));
  EXPECT_THAT(error_of(""), HasSubstr("no key"));
  const std::string bad_digit = error_of("0 N:1 k:deadbeefzz\n");
  EXPECT_THAT(bad_digit, HasSubstr("hex digit"));
  EXPECT_THAT(bad_digit, Not(HasSubstr("deadbeef")));
  EXPECT_THAT(error_of("0 N:1 k:abc\n"), HasSubstr("hex"));
  EXPECT_THAT(error_of("0 N:1 k:" + std::string(258, 'a')), HasSubstr("128 bytes"));
  EXPECT_THAT(error_of("0 N:1 k:00 u:" + std::string(200, 'a')), HasSubstr("user"));
}

class SssKeytabFile : public testing::Test {
 protected:
  SssKeytabFile() {
    std::string name = testing::TempDir() + "/keytabXXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~SssKeytabFile() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, std::string_view text, mode_t mode) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  std::string folder_;
};

TEST_F(SssKeytabFile, IsRefusedWhereOthersCanReadIt) {
  EXPECT_TRUE(Keytab::read(write("a", one, 0600)).has_value());
  EXPECT_TRUE(Keytab::read(write("b", one, 0400)).has_value());
  EXPECT_TRUE(Keytab::read(write("c.grp", one, 0640)).has_value());
  for (const auto& [name, mode] :
       {std::pair("d", 0640), {"e", 0604}, {"f.grp", 0644}, {"g", 0620}}) {
    auto keytab = Keytab::read(write(name, one, static_cast<mode_t>(mode)));
    ASSERT_FALSE(keytab.has_value()) << name;
    EXPECT_EQ(keytab.error().code, Errc::not_authorized);
    EXPECT_THAT(keytab.error().detail, HasSubstr("chmod"));
  }
}

TEST_F(SssKeytabFile, IsReadAgainWhenItChangedAndKeptWhenItIsWrong) {
  const std::string path = write("keytab", one, 0600);
  auto file = ParsedFile<Keytab>::open(path, max_keytab, &Keytab::parse_file);
  ASSERT_TRUE(file.has_value());
  ParsedFile<Keytab>& keytab = **file;
  EXPECT_NE(keytab.now()->find(7711038554998046721, ""), nullptr);

  write("keytab", "0 n:new N:5 k:0102\n", 0600);
  EXPECT_NE(keytab.now()->find(5, ""), nullptr);
  EXPECT_EQ(keytab.now()->find(7711038554998046721, ""), nullptr);

  write("keytab", "nonsense\n", 0600);
  EXPECT_NE(keytab.now()->find(5, ""), nullptr);
  EXPECT_FALSE(keytab.reload().has_value());

  std::filesystem::remove(path);
  EXPECT_NE(keytab.now()->find(5, ""), nullptr);
  EXPECT_FALSE(keytab.reload().has_value());

  write("keytab", one, 0600);
  EXPECT_TRUE(keytab.reload().has_value());
  EXPECT_EQ(keytab.now()->find(5, ""), nullptr);
}

TEST_F(SssKeytabFile, IsRefusedWhenItIsNoFileOrHuge) {
  ::mkfifo((folder_ + "/pipe").c_str(), 0600);
  EXPECT_EQ(Keytab::read(folder_ + "/pipe").error().code, Errc::not_file);
  EXPECT_EQ(Keytab::read(folder_).error().code, Errc::not_file);
  EXPECT_EQ(Keytab::read(write("big", std::string(max_keytab + 1, '\n'), 0600)).error().code,
            Errc::too_long);
}

}  // namespace
}  // namespace sluice::auth::sss
