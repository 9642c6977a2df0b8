// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/voms.h"

#include "base/bytes.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>
#include <voms/voms_api.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#endif

#include <algorithm>
#include <array>
#include <ctime>
#include <mutex>
#include <span>
#include <string_view>

namespace sluice::auth::gsi {
namespace {

using Object = Owned<ASN1_OBJECT, &ASN1_OBJECT_free>;
struct StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

constexpr const char* attributes_extension = "1.3.6.1.4.1.8005.100.100.5";
constexpr std::size_t max_fqans = 256;
constexpr std::size_t max_kept = 4096;  // chains
constexpr std::chrono::minutes keep_for{5};

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

// 2.1.0 loses 32 bytes for each chain that it verifies and some hundred for each name that does not fit. That shall not hide our
// own leaks in the builds that look for them.
struct LibraryLeaks {
#if __has_feature(address_sanitizer)
  LibraryLeaks() { __lsan_disable(); }
  ~LibraryLeaks() { __lsan_enable(); }
  LibraryLeaks(const LibraryLeaks&) = delete;
  LibraryLeaks& operator=(const LibraryLeaks&) = delete;
#else
  LibraryLeaks() {}  // as if it did something, or it would be an unused variable
#endif
};

// "20261122183148Z"; what cannot be read has ended.
std::chrono::system_clock::time_point end_of_attributes(const std::string& text) {
  Owned<ASN1_TIME, &ASN1_TIME_free> time(ASN1_TIME_new());
  std::tm parts{};
  if (ASN1_TIME_set_string(time.get(), text.c_str()) != 1 ||
      ASN1_TIME_to_tm(time.get(), &parts) != 1) {
    return {};
  }
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

Sha256 digest_of(const Chain& chain) {
  std::vector<std::byte> all;
  for (const Certificate& one : chain) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    X509_digest(one.get(), EVP_sha256(), digest.data(), &size);
    Writer(all).bytes(std::as_bytes(std::span(digest).first(size)));
  }
  return hmac_sha256(as_bytes("chain"), all);
}

}  // namespace

bool has_voms_attributes(const Verified& verified) {
  static const Object object(OBJ_txt2obj(attributes_extension, 1));
  for (const Certificate& one : verified.chain) {
    if (X509_get_ext_by_OBJ(one.get(), object.get(), -1) >= 0) return true;
  }
  return false;
}

void VomsReader::forget() {
  std::scoped_lock lock(mutex_);
  kept_.clear();
}

Result<VomsAttributes> VomsReader::read(const Verified& verified) {
  Sha256 key = digest_of(verified.chain);
  {
    std::scoped_lock lock(mutex_);
    auto found = kept_.find(key);
    if (found != kept_.end() && Clock::now() < found->second.until) return found->second.result;
  }
  Entry entry = ask(verified);
  std::scoped_lock lock(mutex_);
  if (kept_.size() >= max_kept) kept_.clear();
  return kept_.insert_or_assign(key, std::move(entry)).first->second.result;
}

VomsReader::Entry VomsReader::ask(const Verified& verified) const {
  std::unique_ptr<STACK_OF(X509), StackFree> others(sk_X509_new_null());
  for (std::size_t i = 1; i < verified.chain.size(); ++i)
    sk_X509_push(others.get(), verified.chain[i].get());
  Clock::time_point until = Clock::now() + keep_for;
  std::scoped_lock lock(library_mutex());
  LibraryLeaks leaks;
  vomsdata voms(vomsdir_, ca_directory_);
  bool is_good = voms.Retrieve(verified.chain.front().get(), others.get(), RECURSE_CHAIN);
  openssl_reason();
  if (!is_good) {
    std::string why = fmt::format("gsi: VOMS attributes: {}", quoted_name(voms.ErrorMessage()));
    return {fail(Errc::authentication, std::move(why)), until};
  }
  VomsAttributes out;
  for (const ::voms& one : voms.data) {
    until = std::min(until, end_of_attributes(one.date2));
    if (out.vo.empty()) out.vo = one.voname;
    for (const std::string& fqan : one.fqan) {
      if (out.fqans.size() < max_fqans) out.fqans.push_back(without_nulls(fqan));
    }
  }
  if (out.fqans.empty())
    return {fail(Errc::authentication, "gsi: VOMS attributes: there are none"), until};
  return {std::move(out), until};
}

}  // namespace sluice::auth::gsi
