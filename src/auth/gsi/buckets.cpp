// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/buckets.h"

#include <fmt/format.h>

namespace sluice::auth::gsi {
namespace {

constexpr std::string_view protocol = "gsi";

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(Errc::authentication, fmt::format("gsi message: {}", what));
}

}  // namespace

Result<Buckets> Buckets::decode(ByteView message) {
  Reader in(message);
  if (in.c_text() != protocol) return malformed("does not begin with its name");
  Buckets out{Step{in.be<std::int32_t>()}};
  for (;;) {
    auto type = in.be<std::int32_t>();
    if (in.failed()) return malformed("cut short");
    // What follows the end is filling that some implementations leave there.
    if (type == static_cast<std::int32_t>(BucketType::end)) return out;
    auto length = in.be<std::int32_t>();
    if (in.failed() || length < 0 || static_cast<std::size_t>(length) > in.rest().size())
      return malformed("a bucket is longer than the message");
    ByteView bytes = in.take(static_cast<std::size_t>(length));
    if (type == static_cast<std::int32_t>(BucketType::inactive)) continue;
    if (out.buckets_.size() == max_buckets) return malformed("too many buckets");
    out.buckets_.push_back({type, {bytes.begin(), bytes.end()}});
  }
}

std::vector<std::byte> Buckets::encode() const {
  std::vector<std::byte> bytes;
  Writer out(bytes);
  out.c_text(protocol).be(step_);
  for (const Bucket& bucket : buckets_) {
    out.be(bucket.type).be(static_cast<std::int32_t>(bucket.bytes.size())).bytes(bucket.bytes);
  }
  out.be(std::int32_t{0});
  return bytes;
}

Buckets& Buckets::add(BucketType type, ByteView bytes) {
  buckets_.push_back({static_cast<std::int32_t>(type), {bytes.begin(), bytes.end()}});
  return *this;
}

Buckets& Buckets::add(BucketType type, std::int32_t number) {
  std::vector<std::byte> bytes;
  Writer(bytes).be(number);
  return add(type, bytes);
}

std::optional<ByteView> Buckets::find(BucketType type) const {
  for (const Bucket& bucket : buckets_) {
    if (bucket.type == static_cast<std::int32_t>(type)) return ByteView(bucket.bytes);
  }
  return std::nullopt;
}

Result<ByteView> Buckets::need(BucketType type, std::string_view what) const {
  auto found = find(type);
  if (!found || found->empty()) {
    return fail(Errc::authentication, fmt::format("gsi message without {}", what));
  }
  return *found;
}

Result<std::string_view> Buckets::need_text(BucketType type, std::string_view what) const {
  SLUICE_TRY(ByteView bytes, need(type, what));
  return Reader(bytes).text();
}

std::optional<std::int32_t> Buckets::number(BucketType type) const {
  auto found = find(type);
  if (!found || found->size() != sizeof(std::int32_t)) return std::nullopt;
  return load_be<std::int32_t>(found->first<sizeof(std::int32_t)>());
}

}  // namespace sluice::auth::gsi
