// SPDX-License-Identifier: Apache-2.0
// What a server and a client of gsi do with messages that no honest peer sends.
#include "auth/gsi/agreement.h"
#include "auth/gsi/buckets.h"
#include "auth/gsi/protocol.h"
#include "auth/gsi/test/test_grid.h"
#include "base/crypto.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>

namespace sluice::auth::gsi::test {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<std::byte>;

// What a client may do wrong in its second message.
struct Second {
  std::string cipher = "aes-128-cbc#16";
  std::string value_in_hex = {};           // instead of an honest public value
  std::optional<Bytes> sealed_value = {};  // instead of one that is signed
  std::optional<std::string> public_key = {};
  std::optional<Bytes> main = {};        // instead of an encrypted one
  std::optional<Bytes> plain_main = {};  // to be encrypted
  std::optional<std::string> tag = {};   // to be signed instead of the server's
  std::optional<std::string> chain = {};
  EVP_PKEY* tag_key = nullptr;
  bool leaves_tag_out = false;
};

class HostileGsi : public ::testing::Test {
 protected:
  static TestGrid& grid() {
    static TestGrid one;
    return one;
  }
  static Method& method() {
    static std::unique_ptr<Method> one = [] {
      GsiConfig config = grid().config();
      config.legacy_versions = true;
      config.delegate = true;
      return make_gsi(config).value();
    }();
    return *one;
  }
  static const Credential& proxy() {
    static const Credential one = make_proxy(grid().user);
    return one;
  }
  static std::string hash() {
    return hashes_of(X509_get_subject_name(grid().ca.chain[0].get()))[0];
  }
  static Buckets hello(std::int32_t version = newest_version) {
    Buckets out(Step::certificate_wanted);
    out.add(BucketType::crypto_module, "ssl")
        .add(BucketType::version, version)
        .add(BucketType::issuer_hash, hash() + ".0")
        .add(BucketType::options, 0)
        .add(BucketType::main,
             Buckets(Step::certificate_wanted).add(BucketType::random_tag, "12345678").encode());
    return out;
  }
  static Buckets challenge_in(const Result<Verdict>& verdict) {
    EXPECT_TRUE(verdict) << verdict.error().detail;
    return Buckets::decode(std::get<Challenge>(*verdict).bytes).value();
  }
  static std::string refusal(const Result<Verdict>& verdict) {
    if (verdict) return "not refused";
    EXPECT_EQ(verdict.error().code, Errc::authentication);
    EXPECT_LT(verdict.error().detail.size(), 600u);
    EXPECT_EQ(verdict.error().detail.find('\n'), std::string::npos);
    return verdict.error().detail;
  }

  // An honest second message but for what `wrong` says.
  static Buckets second(const Buckets& challenge, const Second& wrong) {
    EVP_PKEY* server_key = X509_get0_pubkey(grid().host.chain[0].get());
    Bytes blob = recover_pieces(server_key, *challenge.find(BucketType::cipher)).value();
    AgreementKey keys = AgreementKey::generate_for(blob).value();
    auto session = AesSession::make("aes-128-cbc", keys.agree(blob, true).value(), true).value();
    std::string ours = keys.blob();
    if (!wrong.value_in_hex.empty()) {
      ours.resize(ours.find("---BPUB---") + 10);
      ours += wrong.value_in_hex + "---EPUB---";
    }
    Buckets server_main = Buckets::decode(*challenge.find(BucketType::main)).value();
    Bytes tag(server_main.find(BucketType::random_tag)->begin(),
              server_main.find(BucketType::random_tag)->end());
    if (wrong.tag) tag.assign(as_bytes(*wrong.tag).begin(), as_bytes(*wrong.tag).end());
    EVP_PKEY* tag_key = wrong.tag_key ? wrong.tag_key : proxy().key.get();
    Buckets inner(Step::client_certificate);
    inner.add(BucketType::certificates, wrong.chain ? *wrong.chain : pem_of(proxy().chain));
    if (!wrong.leaves_tag_out) inner.add(BucketType::signed_tag, sign_pieces(tag_key, tag).value());
    Bytes main = session->encrypt(wrong.plain_main ? *wrong.plain_main : inner.encode()).value();
    Buckets out(Step::client_certificate);
    out.add(BucketType::cipher_algorithms, wrong.cipher)
        .add(BucketType::cipher, wrong.sealed_value
                                     ? *wrong.sealed_value
                                     : sign_pieces(proxy().key.get(), as_bytes(ours)).value())
        .add(BucketType::public_key,
             wrong.public_key ? *wrong.public_key : public_key_pem(proxy().key.get()))
        .add(BucketType::main, wrong.main ? *wrong.main : main);
    return out;
  }
  static Result<Verdict> answer_to(const Second& wrong) {
    auto conversation = method().begin({});
    Buckets challenge = challenge_in(conversation->answer(hello().encode()));
    return conversation->answer(second(challenge, wrong).encode());
  }
};

TEST_F(HostileGsi, the_honest_message_is_taken) {
  auto verdict = answer_to({});
  ASSERT_TRUE(verdict) << verdict.error().detail;
  EXPECT_EQ(std::get<Proof>(*verdict).identity.name, "/DC=org/DC=example/CN=Jane Doe");
}

TEST_F(HostileGsi, empty_and_short_credentials_are_refused) {
  using namespace std::string_literals;
  for (const std::string& text :
       {""s, "g"s, "gsi"s, "gsi\0"s, "gsi\0\0\0\3\350"s, "host"s, "host\0"s, "unix"s,
        std::string(max_credential + 1, 'x'), std::string(4, '\0')}) {
    auto conversation = method().begin({});
    refusal(conversation->answer(as_bytes(text)));
  }
}

TEST_F(HostileGsi, messages_out_of_order_are_refused) {
  Buckets first = hello();
  auto conversation = method().begin({});
  Buckets challenge = challenge_in(conversation->answer(first.encode()));
  EXPECT_THAT(refusal(conversation->answer(first.encode())), HasSubstr("out of order"));
  // And after that nothing is taken, not even what was due.
  EXPECT_THAT(refusal(conversation->answer(second(challenge, {}).encode())),
              HasSubstr("out of order"));
  for (Step step : {Step::client_certificate, Step::signed_proxy, Step::server_certificate,
                    Step::proxy_request}) {
    auto fresh = method().begin({});
    EXPECT_THAT(refusal(fresh->answer(Buckets(step).encode())), HasSubstr("out of order"));
  }
}

TEST_F(HostileGsi, second_message_cannot_be_replayed) {
  auto conversation = method().begin({});
  Bytes message = second(challenge_in(conversation->answer(hello().encode())), {}).encode();
  ASSERT_TRUE(conversation->answer(message));
  EXPECT_THAT(refusal(conversation->answer(message)), HasSubstr("out of order"));
  // Nor in a login of its own: another key, another tag.
  auto other = method().begin({});
  challenge_in(other->answer(hello().encode()));
  refusal(other->answer(message));
}

TEST_F(HostileGsi, first_message_is_looked_at) {
  auto outcome = [&](auto change) {
    Buckets message(Step::certificate_wanted);
    change(message);
    auto conversation = method().begin({});
    return refusal(conversation->answer(message.encode()));
  };
  Bytes main = Buckets(Step::certificate_wanted).encode();
  EXPECT_THAT(outcome([](Buckets&) {}), HasSubstr("crypto module"));
  EXPECT_THAT(outcome([](Buckets& m) { m.add(BucketType::crypto_module, "gcrypt"); }),
              HasSubstr("crypto module"));
  EXPECT_THAT(outcome([](Buckets& m) { m.add(BucketType::crypto_module, "ssl"); }),
              HasSubstr("authority"));
  EXPECT_THAT(outcome([&](Buckets& m) {
                m.add(BucketType::crypto_module, "ssl").add(BucketType::issuer_hash, "00000000.0");
              }),
              HasSubstr("unknown CA"));
  EXPECT_THAT(outcome([&](Buckets& m) {
                m.add(BucketType::crypto_module, "ssl").add(BucketType::issuer_hash, hash());
              }),
              HasSubstr("main"));
  EXPECT_THAT(outcome([&](Buckets& m) {
                m.add(BucketType::version, 9999).add(BucketType::crypto_module, "ssl");
              }),
              HasSubstr("version"));
  // A tag as long as what RSA signatures are made of is not signed.
  EXPECT_THAT(
      outcome([&](Buckets& m) {
        m.add(BucketType::crypto_module, "ssl")
            .add(BucketType::issuer_hash, hash())
            .add(BucketType::main,
                 Buckets(Step::certificate_wanted).add(BucketType::random_tag, Bytes(51)).encode());
      }),
      HasSubstr("tag"));
}

TEST_F(HostileGsi, public_values_that_give_the_secret_away_are_refused) {
  auto conversation = method().begin({});
  Buckets challenge = challenge_in(conversation->answer(hello().encode()));
  Bytes blob = recover_pieces(X509_get0_pubkey(grid().host.chain[0].get()),
                              *challenge.find(BucketType::cipher))
                   .value();
  Memory in = memory_of(blob);
  Key group(PEM_read_bio_Parameters(in.get(), nullptr));
  BIGNUM* raw = nullptr;
  ASSERT_EQ(EVP_PKEY_get_bn_param(group.get(), OSSL_PKEY_PARAM_FFC_P, &raw), 1);
  Number p(raw);
  auto shifted = [&](int by) {
    Number value(BN_dup(p.get()));
    by < 0 ? BN_sub_word(value.get(), static_cast<BN_ULONG>(-by))
           : BN_add_word(value.get(), static_cast<BN_ULONG>(by));
    char* hex = BN_bn2hex(value.get());
    std::string out = hex;
    OPENSSL_free(hex);
    return out;
  };
  for (const std::string& value :
       {std::string("0"), std::string("1"), std::string("00"), shifted(-1), shifted(0), shifted(1),
        shifted(1000), "-5" + shifted(0), std::string("xyz"), std::string(5000, 'F')}) {
    EXPECT_THAT(refusal(answer_to({.value_in_hex = value})), HasSubstr("public value"));
  }
}

TEST_F(HostileGsi, second_message_is_looked_at) {
  struct Row {
    std::string name;
    Second wrong;
    std::string why;
  };
  std::string chain = pem_of(proxy().chain);
  std::string many;
  for (int i = 0; i < 25; ++i) many += chain;
  Bytes garbage(512);
  fill_random(garbage);
  std::vector<Row> rows;
  auto add = [&](std::string name, std::string why, auto change) {
    Row row{.name = std::move(name), .wrong = {}, .why = std::move(why)};
    change(row.wrong);
    rows.push_back(std::move(row));
  };
  add("cipher that was not offered", "cipher", [](Second& s) { s.cipher = "des-ede3-cbc#16"; });
  add("none", "cipher", [](Second& s) { s.cipher = ""; });
  add("length of the vector", "vector", [](Second& s) { s.cipher = "aes-128-cbc#8"; });
  add("no public value", "signature", [&](Second& s) { s.sealed_value = garbage; });
  add("half a signature", "signature", [&](Second& s) { s.sealed_value = Bytes(100); });
  add("long signature", "signature", [&](Second& s) { s.sealed_value = Bytes(32 * 1024); });
  add("no key", "public key", [](Second& s) { s.public_key = "garbage"; });
  add("somebody else's key", "signature",
      [](Second& s) { s.public_key = public_key_pem(test_key("other")); });
  add("garbage for the main part", "encrypted part",
      [&](Second& s) { s.main = Bytes(garbage.begin(), garbage.begin() + 511); });
  add("main part of a byte", "encrypted part", [](Second& s) { s.main = Bytes(1); });
  add("main part that is no message", "gsi message", [](Second& s) { s.plain_main = Bytes(64); });
  add("empty main part", "without",
      [](Second& s) { s.plain_main = Buckets(Step::client_certificate).encode(); });
  add("another tag", "tag", [](Second& s) { s.tag = "87654321"; });
  add("longer tag", "tag", [](Second& s) { s.tag = "1234567812345678"; });
  add("tag of another key", "signature", [](Second& s) { s.tag_key = test_key("other"); });
  add("no tag", "tag", [](Second& s) { s.leaves_tag_out = true; });
  add("hundred certificates", "more than 16", [&](Second& s) { s.chain = many; });
  add("no certificate", "no certificate", [](Second& s) { s.chain = "nothing"; });
  add("half a certificate", "damaged", [&](Second& s) { s.chain = chain.substr(0, 700); });
  add("a half behind a whole one", "damaged",
      [&](Second& s) { s.chain = chain.substr(0, chain.size() - 200); });
  add("somebody else's certificate", "another key",
      [](Second& s) { s.chain = pem_of(grid().host.chain); });
  add("the end entity is missing", "signed by no authority",
      [](Second& s) { s.chain = pem_of(proxy().chain[0].get()); });
  for (const Row& row : rows)
    EXPECT_THAT(refusal(answer_to(row.wrong)), HasSubstr(row.why)) << row.name;
}

TEST_F(HostileGsi, messages_cut_off_at_every_length_are_refused) {
  Bytes first = hello().encode();
  for (std::size_t size = 0; size < first.size(); ++size) {
    auto conversation = method().begin({});
    refusal(conversation->answer(ByteView(first).first(size)));
  }
  auto conversation = method().begin({});
  Bytes whole = second(challenge_in(conversation->answer(hello().encode())), {}).encode();
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 4) {
    auto other = method().begin({});
    challenge_in(other->answer(hello().encode()));
    refusal(other->answer(ByteView(whole).first(size)));
  }
  // The inner message as well, where the client has agreed on a key.
  Buckets inner(Step::client_certificate);
  inner.add(BucketType::certificates, pem_of(proxy().chain))
      .add(BucketType::signed_tag, Bytes(256));
  Bytes plain = inner.encode();
  for (std::size_t size = 0; size < plain.size(); size += 1 + size / 3)
    refusal(
        answer_to({.plain_main = Bytes(plain.begin(), plain.begin() + static_cast<long>(size))}));
}

TEST_F(HostileGsi, flipped_bits_never_log_in) {
  auto conversation = method().begin({});
  Bytes whole = second(challenge_in(conversation->answer(hello().encode())), {}).encode();
  (void)conversation;
  for (std::size_t at = 8; at < whole.size(); at += 331) {
    auto other = method().begin({});
    Bytes message = second(challenge_in(other->answer(hello().encode())), {}).encode();
    message[at % message.size()] ^= std::byte{0x10};
    auto verdict = other->answer(message);
    // The name of a bucket that is not needed may change; the identity never does.
    if (verdict)
      EXPECT_EQ(std::get<Proof>(*verdict).identity.name, "/DC=org/DC=example/CN=Jane Doe");
  }
}

TEST_F(HostileGsi, clients_refuse_servers_that_prove_nothing) {
  Server server = grid().server_seen_by(proxy(), method());
  auto begun = [&] {
    auto client = begin_gsi(server);
    Bytes first = client->begin().value();
    auto conversation = method().begin({});
    Buckets challenge = challenge_in(conversation->answer(first));
    return std::pair(std::move(client), std::move(challenge));
  };
  auto answer_without = [&](BucketType left_out, std::optional<Bytes> instead) {
    auto [client, honest] = begun();
    Buckets changed(Step::server_certificate);
    for (BucketType type :
         {BucketType::crypto_module, BucketType::cipher, BucketType::cipher_algorithms,
          BucketType::digest_algorithms, BucketType::certificates, BucketType::main}) {
      if (type != left_out) changed.add(type, *honest.find(type));
    }
    if (instead) changed.add(left_out, *instead);
    auto answer = client->answer(changed.encode());
    EXPECT_FALSE(client->cipher() && answer);
    return answer ? std::string("accepted") : answer.error().detail;
  };
  auto bytes = [](std::string_view text) {
    return Bytes(as_bytes(text).begin(), as_bytes(text).end());
  };
  Bytes untagged = Buckets(Step::server_certificate).add(BucketType::random_tag, "x").encode();
  EXPECT_THAT(answer_without(BucketType::certificates, {}), HasSubstr("without"));
  EXPECT_THAT(answer_without(BucketType::certificates, bytes(pem_of(grid().user.chain))),
              HasSubstr("is not for localhost"));
  EXPECT_THAT(
      answer_without(BucketType::certificates, bytes(pem_of(make_proxy(grid().host).chain))),
      HasSubstr("proxy"));
  EXPECT_THAT(answer_without(BucketType::cipher, {}), HasSubstr("without"));
  EXPECT_THAT(answer_without(BucketType::cipher, Bytes(256)), HasSubstr("signature"));
  EXPECT_THAT(answer_without(BucketType::cipher_algorithms, bytes("bf-cbc:des-ede3-cbc")),
              HasSubstr("no cipher"));
  EXPECT_THAT(answer_without(BucketType::main, untagged), HasSubstr("tag"));
  Credential impostor =
      make_credential({.subject = "/O=Nobody/CN=localhost", .key = test_key("other")});
  EXPECT_THAT(answer_without(BucketType::certificates, bytes(pem_of(impostor.chain))),
              HasSubstr("no authority"));

  auto [client, honest] = begun();
  ASSERT_TRUE(client->answer(honest.encode()));
  auto again = client->answer(honest.encode());
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().detail, HasSubstr("out of order"));
}

TEST_F(HostileGsi, groups_of_a_server_are_bounded) {
  auto blob_of = [](std::string_view group) {
    return std::string(group) + "---BPUB---05---EPUB---";
  };
  for (const std::string& blob :
       {std::string(), std::string("---BPUB---05---EPUB---"), blob_of("garbage"),
        blob_of("-----BEGIN DH PARAMETERS-----\n-----END DH PARAMETERS-----\n"),
        blob_of(key_text(test_key("user"))),
        // 7 and 5: a group of three bits.
        blob_of("-----BEGIN DH PARAMETERS-----\nMAYCAQcCAQU=\n-----END DH PARAMETERS-----\n"),
        std::string(20'000, 'x') + "---BPUB---05---EPUB---"}) {
    EXPECT_FALSE(AgreementKey::generate_for(as_bytes(blob)));
  }
}

TEST_F(HostileGsi, a_proxy_for_another_key_is_not_kept) {
  // Delegation: the client is in, but what it sends is not what was asked for.
  grid().environment["XrdSecGSIDELEGPROXY"] = "1";
  Server server = grid().server_seen_by(proxy(), method());
  grid().environment.erase("XrdSecGSIDELEGPROXY");
  auto client = begin_gsi(server);
  auto conversation = method().begin({});
  auto verdict = conversation->answer(client->begin().value());
  ASSERT_TRUE(verdict);
  verdict = conversation->answer(client->answer(std::get<Challenge>(*verdict).bytes).value());
  ASSERT_TRUE(verdict);
  ASSERT_TRUE(std::holds_alternative<Challenge>(*verdict));
  // Nothing that is not encrypted with the key of the session is looked at.
  Buckets forged(Step::signed_proxy);
  forged.add(
      BucketType::main,
      Buckets(Step::signed_proxy).add(BucketType::certificates, pem_of(proxy().chain)).encode());
  refusal(conversation->answer(forged.encode()));
}

TEST_F(HostileGsi, requests_for_proxies_are_looked_at) {
  auto request_for = [](const Credential& holder, EVP_PKEY* key) {
    return make_proxy_request(holder.chain[0].get(), key).value();
  };
  auto good = sign_proxy_request(proxy(), as_bytes(request_for(proxy(), test_key("other"))));
  ASSERT_TRUE(good) << good.error().detail;
  EXPECT_FALSE(sign_proxy_request(proxy(), as_bytes(request_for(grid().host, test_key("other")))));
  EXPECT_FALSE(sign_proxy_request(proxy(), as_bytes("garbage")));
  std::string cut = request_for(proxy(), test_key("other"));
  EXPECT_FALSE(sign_proxy_request(proxy(), as_bytes(cut).first(cut.size() / 2)));
  Credential last = make_proxy(grid().user, "1", "critical,language:id-ppl-inheritAll,pathlen:0");
  EXPECT_FALSE(sign_proxy_request(last, as_bytes(request_for(last, test_key("other")))));
}

}  // namespace
}  // namespace sluice::auth::gsi::test
