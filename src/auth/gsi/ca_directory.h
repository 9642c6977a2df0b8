// SPDX-License-Identifier: Apache-2.0
// A directory of authorities as grids keep it: HASH.N certificates, HASH.rN revocation lists, HASH.signing_policy, under either
// hash of the authority's name. What was read is a snapshot; a fresh one keeps the files that did not change.
#pragma once

#include "auth/file_text.h"
#include "auth/gsi/openssl.h"
#include "auth/gsi/signing_policy.h"

#include <openssl/x509_vfy.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth::gsi {

using Store = Owned<X509_STORE, &X509_STORE_free>;

class CaDirectory {
 public:
  // Everything in the directory, or only `hashes` and what these are signed by: a client needs to trust one server. Errc of the
  // system when the directory cannot be read. `before` may be null. Damaged files are passed over with a warning.
  static Result<std::shared_ptr<const CaDirectory>> read(const std::string& path,
                                                         const CaDirectory* before = nullptr,
                                                         std::span<const std::string> hashes = {});

  std::size_t size() const { return authorities_.size(); }
  bool has(std::string_view hash) const { return hashes_.contains(hash); }
  // Thread-safe, as OpenSSL's stores are.
  X509_STORE* store() const { return store_.get(); }
  // Null: there is none.
  const SigningPolicy* policy_of(const X509* authority) const;

 private:
  struct File {
    FileStamp stamp;
    std::vector<std::shared_ptr<X509>> certificates;
    std::shared_ptr<X509_CRL> revocations;
    std::shared_ptr<const SigningPolicy> policy;
  };

  void add_all(const CaDirectory* before);
  void add_hashes(const CaDirectory* before, std::span<const std::string> hashes);
  bool add_file(const std::string& name, const CaDirectory* before);
  void load(const std::string& name, const std::string& text, File& file) const;
  void fill_store();

  std::string path_;
  std::map<std::string, File, std::less<>> files_;  // by name
  std::set<std::string, std::less<>> hashes_;       // both forms of every authority
  std::vector<std::shared_ptr<X509>> authorities_;
  Store store_;
};

}  // namespace sluice::auth::gsi
