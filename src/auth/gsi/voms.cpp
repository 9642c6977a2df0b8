// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/voms.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>
#include <voms/voms_api.h>

#include <array>
#include <mutex>
#include <string_view>

namespace sluice::auth::gsi {
namespace {

using Object = Owned<ASN1_OBJECT, &ASN1_OBJECT_free>;
struct StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

constexpr const char* attributes_extension = "1.3.6.1.4.1.8005.100.100.5";
constexpr std::size_t max_fqans = 256;

std::string without_nulls(std::string fqan) {
  for (std::string_view null : {"/Capability=NULL", "/Role=NULL"}) {
    if (fqan.ends_with(null)) fqan.resize(fqan.size() - null.size());
  }
  return fqan;
}

// The library keeps tables of its own behind our back and says nothing about threads.
std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

bool has_voms_attributes(const Verified& verified) {
  static const Object object(OBJ_txt2obj(attributes_extension, 1));
  for (const Certificate& one : verified.chain) {
    if (X509_get_ext_by_OBJ(one.get(), object.get(), -1) >= 0) return true;
  }
  return false;
}

Result<VomsAttributes> read_voms_attributes(const std::string& vomsdir,
                                            const std::string& ca_directory,
                                            const Verified& verified) {
  std::unique_ptr<STACK_OF(X509), StackFree> others(sk_X509_new_null());
  for (std::size_t i = 1; i < verified.chain.size(); ++i)
    sk_X509_push(others.get(), verified.chain[i].get());
  std::scoped_lock lock(library_mutex());
  vomsdata voms(vomsdir, ca_directory);
  bool is_good = voms.Retrieve(verified.chain.front().get(), others.get(), RECURSE_CHAIN);
  openssl_reason();
  if (!is_good) {
    return fail(Errc::authentication,
                fmt::format("gsi: VOMS attributes: {}", quoted_name(voms.ErrorMessage())));
  }
  VomsAttributes out;
  for (const ::voms& one : voms.data) {
    if (out.vo.empty()) out.vo = one.voname;
    for (const std::string& fqan : one.fqan) {
      if (out.fqans.size() < max_fqans) out.fqans.push_back(without_nulls(fqan));
    }
  }
  if (out.fqans.empty()) return fail(Errc::authentication, "gsi: VOMS attributes: there are none");
  return out;
}

}  // namespace sluice::auth::gsi
