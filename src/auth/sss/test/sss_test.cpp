// SPDX-License-Identifier: Apache-2.0
// Both sides of sss against each other, and the server against what an attacker would send.
#include "auth/sss/sss.h"

#include "auth/sss/blowfish.h"
#include "auth/sss/credential.h"
#include "auth/sss/replay_cache.h"
#include "base/checksum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace sluice::auth {
namespace {

using sss::Item;
using sss::ItemType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Bytes = std::vector<std::byte>;

constexpr std::string_view keytab_text =
    "0 u:eosdev g:eos n:mykey N:100 c:1 e:0 f:0 k:000102030405060708090a0b0c0d0e0f\n"
    "0 u:anybody g:anygroup n:any N:101 c:1 e:0 f:0 k:aa0102030405060708090a0b0c0d0eaa\n"
    "0 u:allusers g:usrgroup n:wide+ N:102 c:1 e:0 f:0 k:bb0102030405060708090a0b0c0d0ebb\n"
    "0 u:old g:old n:old N:103 c:1 e:2000000000 f:0 k:cc0102030405060708090a0b0c0d0ecc\n";
constexpr std::int64_t noon = 2'000'000'100;  // in the tests' time

class Sss : public testing::Test {
 protected:
  Sss() {
    std::string name = testing::TempDir() + "/sssXXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/sss.keytab";
    write(keytab_text);
    config_.keytab = path_;
    config_.client_keytab = "/etc/xrootd/sss.keytab";
    method_ = *make_sss(config_, [this] { return now_; });
  }
  ~Sss() override { std::filesystem::remove_all(folder_); }

  void write(std::string_view text) {
    std::ofstream(path_) << text;
    ::chmod(path_.c_str(), 0600);
  }

  const sss::Key& key(std::int64_t id) const {
    static const auto keys = *sss::Keytab::parse(keytab_text, "");
    return *keys.find(id, "");
  }

  Bytes credential(std::int64_t id, std::vector<Item> items, bool with_name = true) const {
    return *sss::seal(key(id), items, {now_, with_name, sss::Option::use_items});
  }

  Result<Identity> login(ByteView credential, std::string_view address = "192.0.2.7") const {
    auto verdict = method_->begin({asio::ip::make_address(address), false, {}})->answer(credential);
    if (!verdict) return tl::unexpected<Error>(verdict.error());
    return std::get<Proof>(*verdict).identity;
  }

  std::string refusal(ByteView credential, std::string_view address = "192.0.2.7") const {
    auto who = login(credential, address);
    if (who) return "let in as " + who->name;
    EXPECT_EQ(who.error().code, Errc::authentication);
    return who.error().detail;
  }

  std::string folder_, path_;
  SssConfig config_;
  std::int64_t now_ = noon;
  std::unique_ptr<Method> method_;
};

const Item here{ItemType::host, "[::192.0.2.7]"};
const Item jane{ItemType::name, "jane"};

TEST(Blowfish, IsTheOneOfTheBook) {
  // Schneier's vector for CFB with an initial vector is not with zeros; this is ECB of zeros under the key of 8 zeros, which
  // is what the first block of feedback is.
  const Bytes zeros(8);
  EXPECT_EQ(to_hex(*sss::blowfish_encrypt(zeros, zeros)), "4ef997456198dd78");
  const Bytes ones(8, std::byte{0xff});
  EXPECT_EQ(
      to_hex(*sss::blowfish_decrypt(ones, *sss::blowfish_encrypt(ones, as_bytes("some text")))),
      to_hex(as_bytes("some text")));
}

TEST(Blowfish, TakesKeysOfEveryLength) {
  std::set<std::string> seen;
  for (std::size_t size = 1; size <= 72; ++size) {
    const Bytes key_bytes(size, static_cast<std::byte>(size));
    seen.insert(to_hex(*sss::blowfish_encrypt(key_bytes, Bytes(16))));
  }
  EXPECT_EQ(seen.size(), 72U);
  EXPECT_FALSE(sss::blowfish_encrypt({}, Bytes(8)).has_value());
  // What is longer is cut by Blowfish itself.
  EXPECT_EQ(*sss::blowfish_encrypt(Bytes(72, std::byte{1}), Bytes(8)),
            *sss::blowfish_encrypt(Bytes(128, std::byte{1}), Bytes(8)));
}

TEST_F(Sss, TellsClientsWhatTheyNeed) {
  EXPECT_EQ(method_->name(), "sss");
  EXPECT_EQ(method_->parameters(), "0.+13:/etc/xrootd/sss.keytab");
}

TEST_F(Sss, TheKeySaysWho) {
  const auto who = login(credential(100, {here, jane, {ItemType::groups, "staff"}}));
  ASSERT_TRUE(who.has_value()) << who.error().detail;
  EXPECT_EQ(who->method, "sss");
  EXPECT_EQ(who->name, "eosdev");
  EXPECT_TRUE(who->is_proven);
  EXPECT_THAT(who->groups, ElementsAre("eos"));
}

TEST_F(Sss, AKeyOfAnybodyLetsTheCredentialSayWho) {
  const auto who = login(credential(101, {here, jane, {ItemType::groups, "staff  cms"}}));
  EXPECT_EQ(who->name, "jane");
  EXPECT_THAT(who->groups, ElementsAre("staff", "cms"));
  const auto unnamed = login(credential(101, {here}));
  EXPECT_EQ(unnamed->name, "nobody");
  EXPECT_THAT(unnamed->groups, ElementsAre("nogroup"));
  EXPECT_THAT(login(credential(102, {here, jane, {ItemType::groups, "staff"}}))->groups, IsEmpty());
}

TEST_F(Sss, BothVersionsAreUnderstood) {
  EXPECT_TRUE(login(credential(100, {here, jane}, false)).has_value());
  EXPECT_TRUE(login(credential(100, {here, jane}, true)).has_value());
}

TEST_F(Sss, TheAddressMustBeTheClients) {
  EXPECT_THAT(refusal(credential(100, {jane})), HasSubstr("where it comes from"));
  EXPECT_THAT(refusal(credential(100, {here, jane}), "192.0.2.8"), HasSubstr("another address"));
  for (const char* text : {"[192.0.2.7]", "[::192.0.2.7]", "[::ffff:192.0.2.7]:40000"}) {
    EXPECT_TRUE(login(credential(100, {{ItemType::host, text}, jane})).has_value()) << text;
    EXPECT_TRUE(
        login(credential(100, {{ItemType::host, text}, jane}), "::ffff:192.0.2.7").has_value());
  }
  EXPECT_TRUE(
      login(credential(100, {{ItemType::host, "[2001:db8::1]"}, jane}), "2001:db8::1").has_value());
  EXPECT_TRUE(
      login(credential(100, {{ItemType::host, "[fe80::1%eth0]"}, jane}), "fe80::1").has_value());
  for (const char* text : {"[", "[]", "[x]", "[::1]", "[::]", "[192.0.2.7", "[192.0.2.77]"})
    EXPECT_THAT(refusal(credential(100, {{ItemType::host, text}, jane})),
                HasSubstr("another address"));
  // An address decides even where a name would fit.
  EXPECT_THAT(
      refusal(credential(100, {{ItemType::host, "[192.0.2.8]"}, {ItemType::host, "localhost"}}),
              "127.0.0.1"),
      HasSubstr("another address"));
}

TEST_F(Sss, OldClientsGiveAName) {
  EXPECT_TRUE(
      login(credential(100, {{ItemType::host, "localhost"}, jane}), "127.0.0.1").has_value());
  EXPECT_THAT(refusal(credential(100, {{ItemType::host, "localhost"}, jane})),
              HasSubstr("another host"));
}

TEST_F(Sss, AKeyWithPlusIsGoodFromAnywhere) {
  EXPECT_TRUE(login(credential(102, {jane}), "198.51.100.9").has_value());
}

TEST_F(Sss, ACredentialIsUsedOnce) {
  const Bytes once = credential(100, {here, jane});
  EXPECT_TRUE(login(once).has_value());
  EXPECT_THAT(refusal(once), HasSubstr("used before"));
  now_ += 12;
  EXPECT_THAT(refusal(once), HasSubstr("used before"));
  now_ += 1;
  EXPECT_THAT(refusal(once), HasSubstr("expired"));
}

// Feedback mode and CRC are both linear at the end of a message: there bytes can be changed so that all still fits.
TEST_F(Sss, AReplayThatWasChangedWhereNobodyLooksIsStillAReplay) {
  Bytes once = credential(100, {here, jane, {ItemType::filler, "0123456789abcdefg"}});
  EXPECT_TRUE(login(once).has_value());
  // Without the plain text: flip a bit of the filler's last byte, and those of the CRC that go with it.
  const std::size_t sealed = once.size() - 24;  // of key "mykey"
  Bytes zeros(sealed - 4), flipped(sealed - 4);
  flipped[flipped.size() - 2] = std::byte{1};
  const std::uint32_t difference = crc32(zeros) ^ crc32(flipped);
  Bytes mask(4);
  store_be<std::uint32_t>(std::span<std::byte, 4>(mask), difference);
  Bytes changed = once;
  changed[changed.size() - 6] ^= std::byte{1};
  for (std::size_t i = 0; i < 4; ++i) changed[changed.size() - 4 + i] ^= mask[i];
  EXPECT_THAT(refusal(changed), testing::AnyOf(HasSubstr("used before"), HasSubstr("damaged")));
  // And the parts that no key protects.
  Bytes other_padding = once;
  other_padding[4] = std::byte{1};
  EXPECT_THAT(refusal(other_padding), HasSubstr("used before"));
}

TEST_F(Sss, TimeIsBoundedOnBothSides) {
  const Bytes made_now = credential(100, {here, jane});
  now_ = noon + 13;
  EXPECT_THAT(refusal(made_now), HasSubstr("expired"));
  now_ = noon - 14;
  EXPECT_THAT(refusal(made_now), HasSubstr("clocks"));
  now_ = noon - 13;
  EXPECT_TRUE(login(made_now).has_value());
  now_ = noon + 12;  // the whole time during which it is believed
  EXPECT_THAT(refusal(made_now), HasSubstr("used before"));
}

TEST_F(Sss, KeysAreKnownAndFresh) {
  sss::Key stranger = key(100);
  stranger.id = 999;
  EXPECT_THAT(refusal(*sss::seal(stranger, std::array{here}, {now_})),
              HasSubstr("not in the keytab"));
  sss::Key liar = key(101);
  liar.id = 100;
  EXPECT_THAT(refusal(*sss::seal(liar, std::array{here}, {now_})), HasSubstr("another key"));
  EXPECT_THAT(refusal(credential(103, {here, jane})), HasSubstr("key has expired"));
  write("0 u:new g:new n:new N:200 k:11223344\n");
  EXPECT_THAT(refusal(credential(100, {here, jane})), HasSubstr("not in the keytab"));
}

TEST_F(Sss, EveryShorterCredentialIsRefused) {
  const Bytes whole = credential(100, {here, jane});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(login(ByteView(whole).first(size)).has_value()) << size;
  EXPECT_TRUE(login(whole).has_value());
}

TEST_F(Sss, EveryFlippedByteIsRefused) {
  const Bytes whole = credential(100, {here, jane});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes changed = whole;
    changed[i] ^= std::byte{0x40};
    if (i == 4 || i == 5 || (i >= 16 && i < 24)) continue;  // padding and name: nobody looks
    EXPECT_FALSE(login(changed).has_value()) << i;
  }
}

TEST_F(Sss, HeadersThatLie) {
  Bytes large = credential(100, {here, jane});
  large.resize(sss::max_credential + 1);
  EXPECT_THAT(refusal(large), HasSubstr("too large"));
  for (int padded : {1, 7, 9, 200, 255}) {
    Bytes changed = credential(100, {here, jane});
    changed[6] = static_cast<std::byte>(padded);
    EXPECT_FALSE(login(changed).has_value()) << padded;
  }
  Bytes other_cipher = credential(100, {here, jane});
  other_cipher[7] = std::byte{'1'};
  EXPECT_THAT(refusal(other_cipher), HasSubstr("unknown way"));
  Bytes other_method = credential(100, {here, jane});
  other_method[0] = std::byte{'t'};
  EXPECT_THAT(refusal(other_method), HasSubstr("another's"));
}

TEST_F(Sss, ItemsThatLie) {
  const auto sealed_with = [&](std::string_view items) {
    Bytes plain(32);
    Writer(plain).be(static_cast<std::uint32_t>(now_ - sss::epoch)).zeros(4).text(items);
    plain.front() = static_cast<std::byte>(items.size());
    const std::uint32_t crc = crc32(plain);
    Writer(plain).be(crc);
    Bytes out;
    Writer(out).text(std::string_view("sss\0\0\0\0\x30", 8)).be(std::int64_t{100});
    Writer(out).bytes(*sss::blowfish_encrypt(key(100).value, plain));
    return out;
  };
  using namespace std::string_view_literals;
  EXPECT_THAT(refusal(sealed_with(""sv)), HasSubstr("names nobody"));
  EXPECT_THAT(refusal(sealed_with("\x07\0\x02x\0"sv)), HasSubstr("names nobody"));
  EXPECT_THAT(refusal(sealed_with("\x01"sv)), HasSubstr("item"));
  EXPECT_THAT(refusal(sealed_with("\x01\0"sv)), HasSubstr("item"));
  EXPECT_THAT(refusal(sealed_with("\x01\0\0"sv)), HasSubstr("item"));
  EXPECT_THAT(refusal(sealed_with("\x01\xff\xffjane\0"sv)), HasSubstr("item"));
  EXPECT_THAT(refusal(sealed_with("\x01\0\x02\0\0"sv)), HasSubstr("item"));
  EXPECT_THAT(refusal(sealed_with("\x01\0\x03\na\0"sv)), HasSubstr("no text"));
}

TEST_F(Sss, TellsTheLoginNameToThoseWhoAsk) {
  const auto conversation = method_->begin({asio::ip::make_address("192.0.2.7"), false, {}});
  const auto question = *sss::seal(key(100), {}, {now_, true, sss::Option::send_login_name});
  auto verdict = conversation->answer(question);
  ASSERT_TRUE(verdict.has_value()) << verdict.error().detail;
  const Bytes& bytes = std::get<Challenge>(*verdict).bytes;
  const auto plain = *sss::unseal(*sss::open_envelope(bytes), key(100));
  EXPECT_EQ(sss::parse_content(plain)->login_name, "nobody");
  EXPECT_FALSE(conversation->answer(question).has_value());
  EXPECT_TRUE(conversation->answer(credential(100, {here, jane})).has_value());
}

TEST(ReplayCache, IsBoundedAndForgetsInTime) {
  sss::ReplayCache cache(13, 3);
  const auto use = [&](int nonce, std::int64_t now) {
    return cache.use(1, Bytes(36, static_cast<std::byte>(nonce)), now);
  };
  EXPECT_TRUE(use(1, 100) && use(2, 101) && use(3, 102));
  EXPECT_EQ(use(4, 103).error().code, Errc::overloaded);
  EXPECT_EQ(use(1, 126).error().code, Errc::authentication);
  EXPECT_TRUE(use(1, 127).has_value());
  EXPECT_TRUE(cache.use(2, Bytes(36, std::byte{2}), 128).has_value());
}

class SssClientTest : public Sss {
 protected:
  SssClientTest() {
    write("0 u:eosdev g:eos n:mykey N:100 c:1 e:0 f:0 k:000102030405060708090a0b0c0d0e0f\n");
    server_.parameters = "0.+13:";
    server_.local = {asio::ip::make_address("192.0.2.7"), 40'000};
    server_.variable = [this](std::string_view name) { return variables_[std::string(name)]; };
    server_.option = [this](std::string_view name) { return options_[std::string(name)]; };
    now_ = unix_now();
  }

  std::map<std::string, std::string> variables_, options_;
  Server server_;
};

TEST_F(SssClientTest, FindsItsKeytab) {
  const auto can_begin = [&] { return begin_sss(server_)->begin().has_value(); };
  EXPECT_FALSE(can_begin());
  server_.parameters = "0.+13:" + path_;
  EXPECT_TRUE(can_begin());
  server_.parameters = "0.13:";
  variables_["XrdSecsssKT"] = path_;
  EXPECT_TRUE(can_begin());
  variables_["XrdSecSSSKT"] = "/nowhere";
  EXPECT_FALSE(can_begin());
  options_["xrd.sss"] = path_;
  EXPECT_TRUE(can_begin());
  variables_ = {{"HOME", folder_}};
  options_ = {};
  EXPECT_FALSE(can_begin());
  std::filesystem::create_directory(folder_ + "/.xrd");
  std::filesystem::copy(path_, folder_ + "/.xrd/sss.keytab");
  EXPECT_TRUE(can_begin());
}

TEST_F(SssClientTest, IsLetInByTheServer) {
  options_["xrd.sss"] = path_;
  for (const char* parameters : {"0.+13:", "0.13:/x", "0.+013:"}) {
    server_.parameters = parameters;
    const auto who = login(*begin_sss(server_)->begin());
    ASSERT_TRUE(who.has_value()) << who.error().detail;
    EXPECT_EQ(who->name, "eosdev");
  }
  server_.local = {asio::ip::make_address("2001:db8::1"), 40'000};
  EXPECT_TRUE(login(*begin_sss(server_)->begin(), "2001:db8::1").has_value());
  server_.local = {asio::ip::make_address("::ffff:192.0.2.7"), 40'000};
  EXPECT_TRUE(login(*begin_sss(server_)->begin()).has_value());
}

TEST_F(SssClientTest, RefusesServersItDoesNotUnderstand) {
  options_["xrd.sss"] = path_;
  for (const char* parameters : {"", "0", "1.+13:", "0.+13", "0.+x:", "bf32"}) {
    server_.parameters = parameters;
    EXPECT_FALSE(begin_sss(server_)->begin().has_value()) << parameters;
  }
  EXPECT_FALSE(begin_sss(server_)->answer(as_bytes("more")).has_value());
}

TEST(SssSettings, NameWhatIsWrong) {
  EXPECT_THAT(make_sss({"/nowhere/keytab"}).error().detail, HasSubstr("auth.sss.keytab"));
  EXPECT_THAT(make_sss({"/nowhere", "/a&b"}).error().detail, HasSubstr("client_keytab"));
}

}  // namespace
}  // namespace sluice::auth
