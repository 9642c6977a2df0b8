// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/agreement.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>

namespace sluice::auth::gsi {
namespace {

Number prime_of(const AgreementKey& keys) {
  std::string blob = keys.blob();
  Memory in = memory_of(as_bytes(blob));
  Key group(PEM_read_bio_Parameters(in.get(), nullptr));
  BIGNUM* p = nullptr;
  EVP_PKEY_get_bn_param(group.get(), OSSL_PKEY_PARAM_FFC_P, &p);
  return Number(p);
}

TEST(GsiAgreement, both_sides_get_the_same_secret) {
  for (Group group : {Group::xrootd, Group::ffdhe3072}) {
    for (bool is_padded : {true, false}) {
      AgreementKey server = AgreementKey::generate(group).value();
      AgreementKey client = AgreementKey::generate_for(as_bytes(server.blob())).value();
      auto ours = server.agree(as_bytes(client.blob()), is_padded);
      auto theirs = client.agree(as_bytes(server.blob()), is_padded);
      ASSERT_TRUE(ours && theirs);
      EXPECT_EQ(*ours, *theirs);
      EXPECT_LE(ours->size(), 384u);
      if (is_padded) EXPECT_EQ(ours->size(), 384u);
    }
  }
}

TEST(GsiAgreement, groups_of_old_servers_are_taken) {
  // 512 bits and generator 5, as `openssl dhparam -5 512` made it.
  constexpr const char* prime =
      "FCA682CE8E12CABA26EFCCF7110E526DB078B05EDECBCD1EB4A208F3AE1617AE01F35B91A47E6DF63413C5E12ED0"
      "899B"
      "CD132ACD50D99151BDC43EE737592E17";
  BIGNUM* p = nullptr;
  BN_hex2bn(&p, prime);
  Number owner(p);
  Memory out(BIO_new(BIO_s_mem()));
  // PKCS#3 by hand: SEQUENCE { p, 5 }.
  std::vector<unsigned char> der{0x30, 0x46, 0x02, 0x41, 0x00};
  std::vector<unsigned char> number(64);
  BN_bn2bin(p, number.data());
  der.insert(der.end(), number.begin(), number.end());
  der.insert(der.end(), {0x02, 0x01, 0x05});
  PEM_write_bio(out.get(), "DH PARAMETERS", "", der.data(), static_cast<long>(der.size()));
  std::string blob = text_in(out.get()) + "---BPUB---1234567890---EPUB---";
  auto keys = AgreementKey::generate_for(as_bytes(blob));
  ASSERT_TRUE(keys) << keys.error().detail;
  auto secret = keys->agree(as_bytes(blob), true);
  ASSERT_TRUE(secret) << secret.error().detail;
  EXPECT_EQ(secret->size(), 64u);
}

TEST(GsiAgreement, groups_are_what_old_clients_look_for) {
  Number xrootd = prime_of(AgreementKey::generate(Group::xrootd).value());
  Number named = prime_of(AgreementKey::generate(Group::ffdhe3072).value());
  EXPECT_EQ(BN_num_bits(xrootd.get()), 3072);
  EXPECT_EQ(BN_num_bits(named.get()), 3072);
  EXPECT_EQ(BN_mod_word(xrootd.get(), 10), 3u);  // OpenSSL 1.0, with generator 5: 3 or 7
  // A safe prime. Fermat's test with one base says so of a constant that nobody made to deceive it.
  Owned<BN_CTX, &BN_CTX_free> context(BN_CTX_new());
  for (int shift : {0, 1}) {
    Number p(BN_dup(xrootd.get()));
    if (shift == 1) BN_rshift1(p.get(), p.get());
    Number base(BN_new());
    Number exponent(BN_dup(p.get()));
    Number result(BN_new());
    BN_set_word(base.get(), 3);
    BN_sub_word(exponent.get(), 1);
    ASSERT_EQ(BN_mod_exp(result.get(), base.get(), exponent.get(), p.get(), context.get()), 1);
    EXPECT_TRUE(BN_is_one(result.get()));
  }
}

}  // namespace
}  // namespace sluice::auth::gsi
