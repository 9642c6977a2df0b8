// SPDX-License-Identifier: Apache-2.0
#include "xroot/signature.h"

#include "base/crypto.h"
#include "xroot/requests/all.h"

#include <array>

namespace sluice::xroot {
namespace {

std::array<std::byte, 8> bytes_of(std::uint64_t sequence) {
  std::array<std::byte, 8> out{};
  store_be<std::uint64_t>(out, sequence);
  return out;
}

// The data of writes stream past and are in no signature, unless the server asks for them.
bool is_data(std::uint16_t id) { return id == Write::id || id == Pgwrite::id; }

template <class Request>
bool changes_something(FixedPart fixed, ByteView payload) {
  if constexpr (requires(const Request& request) { request.modifies(); }) {
    auto request = Request::decode(fixed, payload);
    return !request || request->modifies();
  } else {
    return true;
  }
}

}  // namespace

bool must_be_signed(std::size_t level, std::uint16_t id, FixedPart fixed, ByteView payload) {
  bool must = false;
  AllRequests::with(id, [&]<class Request>() {
    const Sign sign = Request::sign.at(level);
    must = sign == Sign::needed ||
           (sign == Sign::if_modifying && changes_something<Request>(fixed, payload));
  });
  return must;
}

Result<std::vector<std::byte>> Signer::sign(HeaderBytes header, ByteView payload) {
  std::vector<std::byte> frame;
  if (rules_.level == 0 || (!cipher_ && !rules_.without_encryption)) return frame;
  const auto request = RequestHeader::decode(header);
  const std::size_t level = std::min<std::size_t>(rules_.level, 4);
  if (!must_be_signed(level, request.id, request.body, payload)) return frame;
  if (is_data(request.id) && rules_.sign_data) {
    return fail(Errc::unsupported,
                "the server wants the data of writes signed, which this client cannot");
  }
  Sigver signature;
  signature.expected_id = request.id;
  signature.sequence = ++sequence_;
  signature.without_payload = is_data(request.id);
  const Sha256 hash = sha256(
      {bytes_of(signature.sequence), header, signature.without_payload ? ByteView() : payload});
  std::vector<std::byte> sealed(hash.begin(), hash.end());
  if (cipher_) {
    SLUICE_TRY(sealed, cipher_->encrypt(hash));
  }
  signature.signature = sealed;
  const EncodedRequest encoded = signature.encode();
  frame.resize(request_header_size);
  RequestHeader{request.stream, encoded.id, encoded.fixed,
                static_cast<std::int32_t>(encoded.payload.size())}
      .encode(std::span(frame).first<request_header_size>());
  Writer(frame).bytes(encoded.payload);
  return frame;
}

Status SignatureCheck::note(const RequestHeader& header, ByteView payload) {
  auto signature = Sigver::decode(header.body, payload);
  if (!signature) return fail(Errc::signature, signature.error().detail);
  if (noted_) return fail(Errc::signature, "two signatures in a row");
  if (signature->version != 0 || signature->crypto != Sigver::crypto_sha256)
    return fail(Errc::signature, "only version 0 with SHA-256 is understood");
  if (signature->sequence <= last_sequence_)
    return fail(Errc::signature, "its sequence number is not above the one before");
  last_sequence_ = signature->sequence;
  noted_ = Noted{header.stream,
                 signature->expected_id,
                 signature->sequence,
                 signature->without_payload,
                 {payload.begin(), payload.end()}};
  return {};
}

Status SignatureCheck::check(HeaderBytes header, ByteView payload, bool is_needed,
                             const auth::SessionCipher* cipher) {
  const auto noted = std::exchange(noted_, std::nullopt);
  const auto request = RequestHeader::decode(header);
  if (!noted && is_needed)
    return fail(Errc::signature, fmt::format("{} is not signed", request_name(request.id)));
  if (noted && (noted->stream != request.stream || noted->id != request.id))
    return fail(Errc::signature, "it was for another request");
  if (!noted || !is_needed) return {};
  if (noted->without_payload && !is_data(request.id))
    return fail(Errc::signature, "it leaves the payload out");
  const Sha256 hash =
      sha256({bytes_of(noted->sequence), header, noted->without_payload ? ByteView() : payload});
  std::vector<std::byte> said = noted->signature;
  if (cipher != nullptr) {
    auto opened = cipher->decrypt(noted->signature);
    if (!opened) return fail(Errc::signature, "it cannot be decrypted");
    said = *std::move(opened);
  }
  if (!equal_in_constant_time(said, hash))
    return fail(Errc::signature, fmt::format("that of {} is wrong", request_name(request.id)));
  return {};
}

}  // namespace sluice::xroot
