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
using ParameterBuilder = Owned<OSSL_PARAM_BLD, &OSSL_PARAM_BLD_free>;

constexpr std::string_view value_begin = "---BPUB---";
constexpr std::string_view value_end = "---EPUB---";
constexpr std::size_t max_blob = 16 * 1024;  // bytes
constexpr int min_bits = 512;                // stock servers up to 5.5.3 make no more
constexpr int max_bits = 8192;
constexpr unsigned private_bits =
    320;  // of the exponent: twice the strength of 3072 bits, and some

// What xrootd servers send since 5.6: their clients have it built in and skip the check of an unknown group, which is two tests
// of primality and takes OpenSSL 3 seconds. Generator 5; p is a safe prime with p mod 10 = 3, as OpenSSL 1.0 wants it.
// (`openssl dhparam -check` says so, the test too.)
constexpr const char* xrootd_prime =
    "CDC1007F7642926D05C492E029DD58A13D7A1E27AD97B415F1580935CE4260A991BBF80ACA5C53315649AAD526A21D"
    "88"
    "BC51C27DB4C612664CE4B7556997CC2D07FBC978DE720D274869256197904373F4AAC8452DB23DBB7CF55E111E09B1"
    "19"
    "3EAF38596C1769C480031C30451ACDE67B218006AFAAFC83886362F86A98A6A18F6FD244DFC477189E751533EEB599"
    "6F"
    "42F13272309B8F26A386922D041F97BC88D68F6190CAF8BE72A0745AB3D002CC4238FAC14C264B3A333435F27B3D07"
    "E5"
    "970DD10D07AFDAED50F91B7C43249C250085523FD25A8C69C36C9DA56760024AEA4E675562B7AFC790285C4E767152"
    "02"
    "F307CEC5A689E1C0699C9BA2DD8D2365C3908F416D0B4C1FE16701A479CB2C1CCA48E4306F1B6C584F0B92C90F9F0C"
    "2B"
    "BA9FC7A968A6145838D1B0BD1792E6DC24C309BE399AD941C62DC3C9D21B44B1611808E52B3577B3D1B7A291F0C1F8"
    "17"
    "A457F7FB383B34F577835FFF1CB8160AFA283AF32A68EF97EFE9577332492CC69F11A6AB700C9A2B2A3C3C628800E4"
    "6B";
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

Key key_from(OSSL_PARAM_BLD* builder, int selection) {
  Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
  EVP_PKEY* key = nullptr;
  if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1) {
    EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get());
  }
  return Key(key);
}

Key group_from(const BIGNUM* p, const BIGNUM* g, bool has_short_exponent) {
  ParameterBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_P, p);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_G, g);
  if (has_short_exponent) {
    OSSL_PARAM_BLD_push_int(builder.get(), OSSL_PKEY_PARAM_DH_PRIV_LEN, int{private_bits});
  }
  return key_from(builder.get(), EVP_PKEY_KEY_PARAMETERS);
}

struct GroupEntry {
  Key for_keys;      // a length for exponents makes both sides faster, but
  std::string text;  // is not sent: nobody does
};

std::string text_of_group(EVP_PKEY* group) {
  Memory out(BIO_new(BIO_s_mem()));
  PEM_write_bio_Parameters(out.get(), group);
  return text_in(out.get());
}

GroupEntry make_xrootd_group() {
  Number p = number_in_hex(xrootd_prime);
  Number g(BN_new());
  BN_set_word(g.get(), xrootd_generator);
  return {group_from(p.get(), g.get(), true),
          text_of_group(group_from(p.get(), g.get(), false).get())};
}

GroupEntry make_ffdhe3072() {
  ParameterBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_ffdhe3072, 0);
  Key group = key_from(builder.get(), EVP_PKEY_KEY_PARAMETERS);
  std::string text = text_of_group(group.get());
  return {std::move(group), std::move(text)};
}

const GroupEntry& entry_of(Group group) {
  static const GroupEntry xrootd = make_xrootd_group();
  static const GroupEntry ffdhe3072 = make_ffdhe3072();
  return group == Group::xrootd ? xrootd : ffdhe3072;
}

Key generate_in(EVP_PKEY* group) {
  KeyContext context(EVP_PKEY_CTX_new(group, nullptr));
  EVP_PKEY* key = nullptr;
  if (context && EVP_PKEY_keygen_init(context.get()) == 1) EVP_PKEY_keygen(context.get(), &key);
  return Key(key);
}

// The known group that this is, which has short exponents; otherwise the group as it came.
Result<Key> group_in(std::string_view pem) {
  Memory in = memory_of(as_bytes(pem));
  Key read(PEM_read_bio_Parameters(in.get(), nullptr));
  if (!read || EVP_PKEY_is_a(read.get(), "DH") != 1) {
    openssl_reason();
    return refused("the peer's group cannot be read");
  }
  for (Group group : {Group::xrootd, Group::ffdhe3072}) {
    EVP_PKEY* known = entry_of(group).for_keys.get();
    if (EVP_PKEY_parameters_eq(known, read.get()) != 1) continue;
    EVP_PKEY_up_ref(known);
    return Key(known);
  }
  openssl_reason();
  Number p = number_of(read.get(), OSSL_PKEY_PARAM_FFC_P);
  Number g = number_of(read.get(), OSSL_PKEY_PARAM_FFC_G);
  if (!p || !g || BN_num_bits(p.get()) < min_bits || BN_num_bits(p.get()) > max_bits ||
      !BN_is_odd(p.get()) || BN_is_zero(g.get()) || BN_is_one(g.get()) ||
      BN_cmp(g.get(), p.get()) >= 0) {
    return refused("the peer's group is no group, or not of 512 to 8192 bits");
  }
  return group_from(p.get(), g.get(), BN_num_bits(p.get()) > int{private_bits});
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

Key peer_key(const BIGNUM* p, const BIGNUM* g, const BIGNUM* value) {
  ParameterBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_P, p);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_G, g);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, value);
  return key_from(builder.get(), EVP_PKEY_PUBLIC_KEY);
}

}  // namespace

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

Result<AgreementKey> AgreementKey::generate(Group group) {
  const GroupEntry& entry = entry_of(group);
  Key key = generate_in(entry.for_keys.get());
  if (!key) return fail(Errc::server, "gsi: no key could be made: " + openssl_reason());
  return AgreementKey(entry.text, std::move(key));
}

Result<AgreementKey> AgreementKey::generate_for(ByteView blob) {
  std::string_view text = as_text(blob);
  std::size_t end = text.find(value_begin);
  if (blob.size() > max_blob || end == text.npos) return refused("no group");
  std::string group_text(text.substr(0, end));
  SLUICE_TRY(Key group, group_in(group_text));
  Key key = generate_in(group.get());
  if (!key) return refused("the peer's group has no keys: " + openssl_reason());
  return AgreementKey(std::move(group_text), std::move(key));
}

std::string AgreementKey::blob() const {
  Number value = number_of(key_.get(), OSSL_PKEY_PARAM_PUB_KEY);
  char* hex = BN_bn2hex(value.get());
  std::string out = group_text_;
  out.append(value_begin).append(hex ? hex : "").append(value_end);
  OPENSSL_free(hex);
  return out;
}

Result<std::vector<std::byte>> AgreementKey::agree(ByteView blob, bool is_padded) const {
  SLUICE_TRY(Number value, value_in(blob));
  Number p = number_of(key_.get(), OSSL_PKEY_PARAM_FFC_P);
  Number g = number_of(key_.get(), OSSL_PKEY_PARAM_FFC_G);
  if (!is_safe_value(value.get(), p.get())) return refused("the public value is not safe");
  Key peer = peer_key(p.get(), g.get(), value.get());
  KeyContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
  auto size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
  std::vector<std::byte> secret(size);
  if (!peer || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_dh_pad(context.get(), is_padded ? 1 : 0) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), reinterpret_cast<unsigned char*>(secret.data()), &size) != 1) {
    return refused("no secret: " + openssl_reason());
  }
  secret.resize(size);
  return secret;
}

}  // namespace sluice::auth::gsi
