// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/ca_directory.h"

#include "auth/gsi/certificate.h"
#include "base/log.h"

#include <dirent.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace sluice::auth::gsi {
namespace {

const Logger log("auth");

constexpr std::size_t max_file = 64 << 20;  // bytes; the largest list of the IGTF has about 10 MiB
constexpr int max_same_hash = 16;           // files of one hash
constexpr std::string_view policy_ending = ".signing_policy";

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 2 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// xrdgsiproxy up to 5.5 copies the identifier of the user's authority into the proxy, where that of the user's key belongs. The
// identifier only helps to find the issuer: the signature is checked with the key that was found.
int may_have_issued(X509_STORE_CTX*, X509* certificate, X509* issuer) {
  const int reason = X509_check_issued(issuer, certificate);
  if (reason == X509_V_OK) return 1;
  const bool is_other_key =
      reason == X509_V_ERR_AKID_SKID_MISMATCH || reason == X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH;
  const bool is_proxy = (X509_get_extension_flags(certificate) & EXFLAG_PROXY) != 0;
  return is_other_key && is_proxy && (X509_get_key_usage(issuer) & KU_DIGITAL_SIGNATURE) != 0 ? 1
                                                                                              : 0;
}

enum class FileKind : std::uint8_t { other, certificate, revocations, policy };

FileKind kind_of(std::string_view name) {
  if (name.size() < 10 || name[8] != '.') return FileKind::other;
  bool is_hash = std::ranges::all_of(
      name.substr(0, 8), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!is_hash) return FileKind::other;
  std::string_view ending = name.substr(8);
  if (ending == policy_ending) return FileKind::policy;
  if (is_number(ending.substr(1))) return FileKind::certificate;
  if (ending.starts_with(".r") && is_number(ending.substr(2))) return FileKind::revocations;
  return FileKind::other;
}

void warn(const std::string& path, std::string_view why) {
  log.warn("authority.ignored", {{"path", path}, {"why", why}});
}

// PEM, or DER as some authorities publish their lists.
std::shared_ptr<X509_CRL> revocations_in(const std::string& text) {
  Memory in = memory_of(as_bytes(text));
  X509_CRL* list = text.find("-----BEGIN") != text.npos
                       ? PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr)
                       : d2i_X509_CRL_bio(in.get(), nullptr);
  return {list, &X509_CRL_free};
}

}  // namespace

Result<std::shared_ptr<const CaDirectory>> CaDirectory::read(const std::string& path,
                                                             const CaDirectory* before,
                                                             std::span<const std::string> hashes) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail_errno(errno, path);
  if (!S_ISDIR(status.st_mode)) return fail_errno(ENOTDIR, path);
  auto out = std::make_shared<CaDirectory>();
  out->path_ = path;
  if (hashes.empty()) {
    out->add_all(before);
  } else {
    out->add_hashes(before, hashes);
  }
  out->fill_store();
  return out;
}

void CaDirectory::add_all(const CaDirectory* before) {
  Owned<DIR, &::closedir> directory(::opendir(path_.c_str()));
  if (!directory) return;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (kind_of(entry->d_name) != FileKind::other) add_file(entry->d_name, before);
  }
}

void CaDirectory::add_hashes(const CaDirectory* before, std::span<const std::string> hashes) {
  std::vector<std::string> wanted(hashes.begin(), hashes.end());
  std::set<std::string, std::less<>> seen;
  while (!wanted.empty() && seen.size() < 2 * max_chain) {
    std::string hash = std::move(wanted.back());
    wanted.pop_back();
    if (kind_of(hash + ".0") != FileKind::certificate || !seen.insert(hash).second) continue;
    for (int n = 0; n < max_same_hash && add_file(fmt::format("{}.{}", hash, n), before); ++n) {
      const File& file = files_.find(fmt::format("{}.{}", hash, n))->second;
      for (const std::shared_ptr<X509>& one : file.certificates) {
        for (std::string& issuer : hashes_of(X509_get_issuer_name(one.get())))
          wanted.push_back(std::move(issuer));
      }
    }
    for (int n = 0; n < max_same_hash && add_file(fmt::format("{}.r{}", hash, n), before); ++n) {
    }
    add_file(hash + std::string(policy_ending), before);
  }
}

bool CaDirectory::add_file(const std::string& name, const CaDirectory* before) {
  std::string path = path_ + "/" + name;
  File file;
  file.stamp = FileStamp::of(path);
  if (!S_ISREG(file.stamp.mode) || std::cmp_greater(file.stamp.size, max_file)) return false;
  if (before) {
    auto same = before->files_.find(name);
    if (same != before->files_.end() && same->second.stamp == file.stamp) {
      files_.emplace(name, same->second);
      return true;
    }
  }
  auto text = read_file(path, max_file);
  if (!text) return false;
  file.stamp = text->stamp;
  load(name, text->text, file);
  files_.emplace(name, std::move(file));
  return true;
}

void CaDirectory::load(const std::string& name, const std::string& text, File& file) const {
  std::string path = path_ + "/" + name;
  FileKind kind = kind_of(name);
  if (kind == FileKind::policy) {
    auto policy = SigningPolicy::parse(text);
    // An empty policy allows nothing, which is what a file that nobody understands must mean.
    if (!policy) warn(path, policy.error().detail);
    file.policy =
        std::make_shared<const SigningPolicy>(policy ? std::move(*policy) : SigningPolicy());
  } else if (kind == FileKind::revocations) {
    file.revocations = revocations_in(text);
    if (!file.revocations) warn(path, openssl_reason());
  } else {
    auto chain = chain_in(as_bytes(text));
    if (!chain) return warn(path, chain.error().detail);
    for (Certificate& one : *chain) {
      auto hashes = hashes_of(X509_get_subject_name(one.get()));
      if (!name.starts_with(hashes[0]) && !name.starts_with(hashes[1])) {
        warn(path, "the name is not the hash of the authority");
        continue;
      }
      file.certificates.emplace_back(one.release(), &X509_free);
    }
  }
}

void CaDirectory::fill_store() {
  store_.reset(X509_STORE_new());
  X509_STORE_set_check_issued(store_.get(), &may_have_issued);
  for (const auto& [name, file] : files_) {
    for (const std::shared_ptr<X509>& one : file.certificates) {
      for (std::string& hash : hashes_of(X509_get_subject_name(one.get())))
        hashes_.insert(std::move(hash));
      bool is_known = std::ranges::any_of(authorities_, [&](const std::shared_ptr<X509>& other) {
        return X509_cmp(other.get(), one.get()) == 0;
      });
      if (is_known) continue;
      X509_STORE_add_cert(store_.get(), one.get());
      authorities_.push_back(one);
    }
    if (file.revocations) X509_STORE_add_crl(store_.get(), file.revocations.get());
  }
  openssl_reason();  // a list that is there under both names is added once
}

const SigningPolicy* CaDirectory::policy_of(const X509* authority) const {
  for (const std::string& hash : hashes_of(X509_get_subject_name(authority))) {
    auto file = files_.find(hash + std::string(policy_ending));
    if (file != files_.end() && file->second.policy) return file->second.policy.get();
  }
  return nullptr;
}

}  // namespace sluice::auth::gsi
