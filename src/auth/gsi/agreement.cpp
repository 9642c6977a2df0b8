// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/agreement.h"

#include "base/text.h"
#include "base/units.h"

#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>

namespace sluice::auth::gsi {
namespace {

using Parameters = Owned<OSSL_PARAM, &OSSL_PARAM_free>;
using Arithmetic = Owned<BN_CTX, &BN_CTX_free>;
using ParameterBuilder = Owned<OSSL_PARAM_BLD, &OSSL_PARAM_BLD_free>;

constexpr std::string_view value_begin = "---BPUB---";
constexpr std::string_view value_end = "---EPUB---";
constexpr std::size_t max_blob = 16 * 1024;  // bytes
constexpr int min_bits = 512;                // stock servers up to 5.5.3 make no more
constexpr int max_bits = 8192;
// Of the exponent: twice the strength of a group of 3072 bits, and some. With it an agreement takes a tenth of the time. (OpenSSL's
// own agreement takes an exponent as long as p, or checks the peer's value with one: 12 ms, for a key that is used once.)
constexpr int exponent_bits = 320;

// What xrootd servers send since 5.6: their clients have it built in and skip the check of an unknown group, which is two tests
// of primality and takes OpenSSL 3 seconds. Generator 5; p is a safe prime with p mod 10 = 3, as OpenSSL 1.0 wants it.
// (`openssl dhparam -check` says so, the test too.)
constexpr const char* xrootd_prime =
    "CDC1007F7642926D05C492E029DD58A13D7A1E27AD97B415F1580935CE4260A9"
    "91BBF80ACA5C53315649AAD526A21D88BC51C27DB4C612664CE4B7556997CC2D"
    "07FBC978DE720D274869256197904373F4AAC8452DB23DBB7CF55E111E09B119"
    "3EAF38596C1769C480031C30451ACDE67B218006AFAAFC83886362F86A98A6A1"
    "8F6FD244DFC477189E751533EEB5996F42F13272309B8F26A386922D041F97BC"
    "88D68F6190CAF8BE72A0745AB3D002CC4238FAC14C264B3A333435F27B3D07E5"
    "970DD10D07AFDAED50F91B7C43249C250085523FD25A8C69C36C9DA56760024A"
    "EA4E675562B7AFC790285C4E76715202F307CEC5A689E1C0699C9BA2DD8D2365"
    "C3908F416D0B4C1FE16701A479CB2C1CCA48E4306F1B6C584F0B92C90F9F0C2B"
    "BA9FC7A968A6145838D1B0BD1792E6DC24C309BE399AD941C62DC3C9D21B44B1"
    "611808E52B3577B3D1B7A291F0C1F817A457F7FB383B34F577835FFF1CB8160A"
    "FA283AF32A68EF97EFE9577332492CC69F11A6AB700C9A2B2A3C3C628800E46B";
constexpr unsigned xrootd_generator = 5;

tl::unexpected<Error> refused(std::string_view what) {
  return fail(Errc::authentication, std::string("gsi: key agreement: ").append(what));
}

Number number_in_hex(const char* hex) {
  BIGNUM* number = nullptr;
  BN_hex2bn(&number, hex);
  return Number(number);
}

Number number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return Number(number);
}

Key key_from(OSSL_PARAM_BLD* builder) {
  Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
  EVP_PKEY* key = nullptr;
  if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1) {
    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEY_PARAMETERS, parameters.get());
  }
  return Key(key);
}

std::string text_of_group(EVP_PKEY* group) {
  Memory out(BIO_new(BIO_s_mem()));
  PEM_write_bio_Parameters(out.get(), group);
  return text_in(out.get());
}

Number generator_of(unsigned word) {
  Number out(BN_new());
  BN_set_word(out.get(), word);
  return out;
}

}  // namespace

struct GroupNumbers {
  GroupNumbers(Number prime, Number generator, std::string pem)
      : p(std::move(prime)),
        g(std::move(generator)),
        text(std::move(pem)),
        form(BN_MONT_CTX_new()) {
    Arithmetic scratch(BN_CTX_new());
    is_good = BN_MONT_CTX_set(form.get(), p.get(), scratch.get()) == 1;
  }

  // base to the power of a secret exponent, in a time that does not tell which.
  Number power(const BIGNUM* base, const BIGNUM* exponent) const {
    Arithmetic scratch(BN_CTX_secure_new());
    Number out(BN_new());
    if (BN_mod_exp_mont_consttime(out.get(), base, exponent, p.get(), scratch.get(), form.get()) !=
        1) {
      return nullptr;
    }
    return out;
  }

  Number p;
  Number g;
  std::string text;  // PEM
  Owned<BN_MONT_CTX, &BN_MONT_CTX_free> form;
  bool is_good = false;
};

namespace {

std::shared_ptr<const GroupNumbers> make_xrootd_group() {
  Number p = number_in_hex(xrootd_prime);
  Number g = generator_of(xrootd_generator);
  ParameterBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_P, p.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_G, g.get());
  std::string text = text_of_group(key_from(builder.get()).get());
  return std::make_shared<const GroupNumbers>(std::move(p), std::move(g), std::move(text));
}

std::shared_ptr<const GroupNumbers> make_ffdhe3072() {
  ParameterBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_ffdhe3072, 0);
  Key group = key_from(builder.get());
  return std::make_shared<const GroupNumbers>(number_of(group.get(), OSSL_PKEY_PARAM_FFC_P),
                                              number_of(group.get(), OSSL_PKEY_PARAM_FFC_G),
                                              text_of_group(group.get()));
}

const std::shared_ptr<const GroupNumbers>& numbers_of(Group group) {
  static const std::shared_ptr<const GroupNumbers> xrootd = make_xrootd_group();
  static const std::shared_ptr<const GroupNumbers> ffdhe3072 = make_ffdhe3072();
  return group == Group::xrootd ? xrootd : ffdhe3072;
}

Result<std::shared_ptr<const GroupNumbers>> group_in(std::string pem) {
  for (Group known : groups) {
    if (numbers_of(known)->text == pem) return numbers_of(known);
  }
  Memory in = memory_of(as_bytes(pem));
  Key read(PEM_read_bio_Parameters(in.get(), nullptr));
  if (!read || EVP_PKEY_is_a(read.get(), "DH") != 1) {
    openssl_reason();
    return refused("the peer's group cannot be read");
  }
  Number p = number_of(read.get(), OSSL_PKEY_PARAM_FFC_P);
  Number g = number_of(read.get(), OSSL_PKEY_PARAM_FFC_G);
  if (!p || !g || BN_num_bits(p.get()) < min_bits || BN_num_bits(p.get()) > max_bits ||
      !BN_is_odd(p.get()) || BN_is_zero(g.get()) || BN_is_one(g.get()) ||
      BN_cmp(g.get(), p.get()) >= 0) {
    return refused("the peer's group is no group, or not of 512 to 8192 bits");
  }
  auto out = std::make_shared<const GroupNumbers>(std::move(p), std::move(g), std::move(pem));
  if (!out->is_good) return refused("the peer's group is no group: " + openssl_reason());
  return out;
}

Result<Number> value_in(ByteView blob) {
  std::string_view text = as_text(blob);
  std::size_t begin = text.find(value_begin);
  std::size_t end = text.find(value_end);
  if (blob.size() > max_blob || begin == text.npos || end == text.npos ||
      end < begin + value_begin.size()) {
    return refused("no public value");
  }
  std::string hex(text.substr(begin + value_begin.size(), end - begin - value_begin.size()));
  bool is_hex = std::ranges::all_of(hex, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (hex.empty() || !is_hex || hex.size() > max_bits / 4 + 2)
    return refused("the public value is not a number");
  return number_in_hex(hex.c_str());
}

// In 2 ... p-2: outside the secret would be known to everybody.
bool is_safe_value(const BIGNUM* value, const BIGNUM* p) {
  Number last(BN_dup(p));
  BN_sub_word(last.get(), 2);
  return !BN_is_zero(value) && !BN_is_one(value) && !BN_is_negative(value) &&
         BN_cmp(value, last.get()) <= 0;
}

}  // namespace

std::string_view text_of(Group group) { return numbers_of(group)->text; }

Group group_for(GroupChoice choice, std::string_view client_release) {
  if (choice == GroupChoice::xrootd) return Group::xrootd;
  if (choice == GroupChoice::ffdhe3072) return Group::ffdhe3072;
  if (client_release.starts_with('v')) client_release.remove_prefix(1);
  std::vector<std::string_view> parts = split(client_release, '.');
  if (parts.size() < 2) return Group::ffdhe3072;
  auto major = parse_int<int>(parts[0], 0, 1000);
  auto minor = parse_int<int>(parts[1], 0, 1000);
  bool knows = major && minor && (*major > 5 || (*major == 5 && *minor >= 6));
  return knows ? Group::xrootd : Group::ffdhe3072;
}

Result<AgreementKey> AgreementKey::make(std::shared_ptr<const GroupNumbers> group) {
  Number exponent(BN_secure_new());
  int bits = std::min(exponent_bits, BN_num_bits(group->p.get()) - 2);
  if (BN_priv_rand(exponent.get(), bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1)
    return fail(Errc::server, "gsi: no random numbers: " + openssl_reason());
  BN_set_flags(exponent.get(), BN_FLG_CONSTTIME);
  Number value = group->power(group->g.get(), exponent.get());
  if (!value) return refused("no key could be made: " + openssl_reason());
  return AgreementKey(std::move(group), std::move(exponent), std::move(value));
}

Result<AgreementKey> AgreementKey::generate(Group group) { return make(numbers_of(group)); }

Result<AgreementKey> AgreementKey::generate_for(ByteView blob) {
  std::string_view text = as_text(blob);
  std::size_t end = text.find(value_begin);
  if (blob.size() > max_blob || end == text.npos) return refused("no group");
  SLUICE_TRY(std::shared_ptr<const GroupNumbers> group, group_in(std::string(text.substr(0, end))));
  return make(std::move(group));
}

std::string AgreementKey::blob() const {
  char* hex = BN_bn2hex(value_.get());
  std::string out = group_->text;
  out.append(value_begin).append(hex ? hex : "").append(value_end);
  OPENSSL_free(hex);
  return out;
}

Result<std::vector<std::byte>> AgreementKey::agree(ByteView blob, bool is_padded) const {
  SLUICE_TRY(Number value, value_in(blob));
  const BIGNUM* p = group_->p.get();
  if (!is_safe_value(value.get(), p)) return refused("the public value is not safe");
  Number secret = group_->power(value.get(), exponent_.get());
  if (!secret || BN_is_zero(secret.get()) || BN_is_one(secret.get()))
    return refused("no secret comes out");
  std::vector<std::byte> out(
      static_cast<std::size_t>(is_padded ? BN_num_bytes(p) : BN_num_bytes(secret.get())));
  if (BN_bn2binpad(secret.get(), reinterpret_cast<unsigned char*>(out.data()),
                   static_cast<int>(out.size())) < 0) {
    return refused("no secret comes out");
  }
  return out;
}

}  // namespace sluice::auth::gsi
