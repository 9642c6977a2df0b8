// SPDX-License-Identifier: Apache-2.0
// The messages of gsi: "gsi", NUL, a step, and typed buckets up to one of type 0. The bucket `main` holds such a message again,
// from message 3 on encrypted. Numbers are big-endian. Decoding is bounded by the message: nothing is allocated by a length of
// the peer alone.
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice::auth::gsi {

enum class Step : std::int32_t {
  certificate_wanted = 1000,  // client
  client_certificate = 1001,
  signed_proxy = 1002,
  server_certificate = 2001,  // server
  proxy_request = 2002,
};

enum class BucketType : std::int32_t {
  end = 0,
  inactive = 1,
  crypto_module = 3'000,
  main = 3'001,
  public_key = 3'004,
  cipher = 3'005,
  random_tag = 3'006,
  signed_tag = 3'007,
  user = 3'008,
  message = 3'011,
  version = 3'014,
  options = 3'019,
  certificates = 3'022,
  issuer_hash = 3'023,
  certificate_request = 3'024,
  cipher_algorithms = 3'025,
  digest_algorithms = 3'026,
};

inline constexpr std::size_t max_buckets = 64;

class Buckets {
 public:
  explicit Buckets(Step step) : step_(static_cast<std::int32_t>(step)) {}

  // Errc::authentication: cut short, too many buckets, a length that is negative or beyond the end.
  static Result<Buckets> decode(ByteView message);
  std::vector<std::byte> encode() const;

  // As the peer said it: need not be one we know.
  std::int32_t step() const { return step_; }
  bool is(Step step) const { return step_ == static_cast<std::int32_t>(step); }
  std::size_t size() const { return buckets_.size(); }

  Buckets& add(BucketType type, ByteView bytes);
  Buckets& add(BucketType type, std::string_view text) { return add(type, as_bytes(text)); }
  Buckets& add(BucketType type, std::int32_t number);

  // The first of its type. The view lives as long as this object.
  std::optional<ByteView> find(BucketType type) const;
  // Errc::authentication that names what is missing.
  Result<ByteView> need(BucketType type, std::string_view what) const;
  // Without the NUL that some clients end it with.
  Result<std::string_view> need_text(BucketType type, std::string_view what) const;
  std::optional<std::int32_t> number(BucketType type) const;

 private:
  struct Bucket {
    std::int32_t type;
    std::vector<std::byte> bytes;
  };
  std::int32_t step_;
  std::vector<Bucket> buckets_;
};

}  // namespace sluice::auth::gsi
