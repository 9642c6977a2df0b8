// SPDX-License-Identifier: Apache-2.0
#include "xroot/signature.h"

#include "xroot/requests/all.h"

#include <gtest/gtest.h>

namespace sluice::xroot {
namespace {

// Turns every byte over: enough to tell a hash that went through it from one that did not.
class Inverter final : public auth::SessionCipher {
 public:
  Result<std::vector<std::byte>> encrypt(ByteView plain) const override {
    std::vector<std::byte> out(plain.begin(), plain.end());
    for (std::byte& byte : out) byte = ~byte;
    return out;
  }
  Result<std::vector<std::byte>> decrypt(ByteView cipher) const override { return encrypt(cipher); }
};

struct Frame {
  std::vector<std::byte> bytes;
  HeaderBytes header() const { return std::span(bytes).first<request_header_size>(); }
  ByteView payload() const { return std::span(bytes).subspan(request_header_size); }
};

Frame frame_of(const EncodedRequest& request, std::uint8_t stream = 7) {
  Frame frame;
  frame.bytes.resize(request_header_size);
  RequestHeader{{std::byte{0}, std::byte{stream}},
                request.id,
                request.fixed,
                static_cast<std::int32_t>(request.payload.size())}
      .encode(std::span(frame.bytes).first<request_header_size>());
  Writer(frame.bytes).bytes(request.payload);
  return frame;
}

Frame removal(std::string_view path, std::uint8_t stream = 7) {
  Rm request;
  request.path = path;
  return frame_of(request.encode(), stream);
}

SigningRules rules(std::uint8_t level, bool force) {
  SigningRules rules;
  rules.level = level;
  rules.without_encryption = force;
  return rules;
}

// Both ends of one connection.
class SignatureTest : public testing::Test {
 protected:
  Status receive(const std::vector<std::byte>& signature) {
    return check.note(RequestHeader::decode(std::span(signature).first<request_header_size>()),
                      ByteView(signature).subspan(request_header_size));
  }
  Status serve(const Frame& frame) {
    return check.check(frame.header(), frame.payload(), true, cipher.get());
  }

  std::shared_ptr<const auth::SessionCipher> cipher = std::make_shared<Inverter>();
  Signer signer{rules(1, false), cipher};
  SignatureCheck check;
};

TEST_F(SignatureTest, a_signed_request_passes) {
  const Frame frame = removal("/a");
  for (int i = 0; i < 3; ++i) {
    auto signature = signer.sign(frame.header(), frame.payload());
    ASSERT_TRUE(signature);
    ASSERT_TRUE(receive(*signature));
    EXPECT_TRUE(serve(frame));
  }
}

TEST_F(SignatureTest, an_unsigned_one_does_not) {
  EXPECT_EQ(serve(removal("/a")).error().code, Errc::signature);
}

TEST_F(SignatureTest, any_changed_byte_is_seen) {
  const Frame frame = removal("/data/file");
  for (std::size_t i = 0; i < frame.bytes.size(); ++i) {
    Signer fresh(rules(1, false), cipher);
    check = {};
    ASSERT_TRUE(receive(*fresh.sign(frame.header(), frame.payload())));
    Frame changed = frame;
    changed.bytes[i] ^= std::byte{1};
    EXPECT_FALSE(serve(changed)) << "byte " << i;
  }
}

TEST_F(SignatureTest, a_replayed_signature_is_refused) {
  const Frame frame = removal("/a");
  const auto signature = *signer.sign(frame.header(), frame.payload());
  ASSERT_TRUE(receive(signature));
  ASSERT_TRUE(serve(frame));
  EXPECT_FALSE(receive(signature));
}

TEST_F(SignatureTest, a_signature_serves_its_own_request_only) {
  const Frame frame = removal("/a");
  ASSERT_TRUE(receive(*signer.sign(frame.header(), frame.payload())));
  EXPECT_FALSE(serve(removal("/a", 8)));
}

TEST_F(SignatureTest, two_in_a_row_belong_to_nothing) {
  const Frame frame = removal("/a");
  ASSERT_TRUE(receive(*signer.sign(frame.header(), frame.payload())));
  EXPECT_FALSE(receive(*signer.sign(frame.header(), frame.payload())));
}

TEST_F(SignatureTest, the_bare_hash_is_no_signature_where_there_is_a_key) {
  Signer bare(rules(1, true), nullptr);
  const Frame frame = removal("/a");
  ASSERT_TRUE(receive(*bare.sign(frame.header(), frame.payload())));
  EXPECT_FALSE(serve(frame));
}

TEST_F(SignatureTest, the_bare_hash_is_one_where_the_server_says_so) {
  cipher = nullptr;
  Signer bare(rules(1, true), nullptr);
  const Frame frame = removal("/a");
  ASSERT_TRUE(receive(*bare.sign(frame.header(), frame.payload())));
  EXPECT_TRUE(serve(frame));
}

TEST_F(SignatureTest, without_a_key_and_without_force_nothing_is_signed) {
  Signer none(rules(4, false), nullptr);
  const Frame frame = removal("/a");
  EXPECT_TRUE(none.sign(frame.header(), frame.payload())->empty());
}

TEST_F(SignatureTest, only_writes_leave_their_payload_out) {
  const Frame frame = removal("/a");
  auto signature = *signer.sign(frame.header(), frame.payload());
  signature[7] = std::byte{1};  // the flags
  ASSERT_TRUE(receive(signature));
  EXPECT_FALSE(serve(frame));
}

bool level_wants(std::size_t level, const EncodedRequest& request) {
  return must_be_signed(level, request.id, request.fixed, request.payload);
}

TEST(Levels, reading_opens_from_level_2_and_writing_ones_from_1) {
  Open open;
  open.path = "/a";
  open.flags.read = true;
  EXPECT_FALSE(level_wants(1, open.encode()));
  EXPECT_TRUE(level_wants(2, open.encode()));
  open.flags.create = true;
  EXPECT_TRUE(level_wants(1, open.encode()));
  EXPECT_FALSE(level_wants(0, open.encode()));
}

TEST(Levels, as_stock_servers_have_them) {
  EXPECT_FALSE(level_wants(3, Stat{}.encode()));
  EXPECT_TRUE(level_wants(4, Stat{}.encode()));
  EXPECT_FALSE(level_wants(1, Mkdir{}.encode()));
  EXPECT_TRUE(level_wants(2, Mkdir{}.encode()));
  for (std::size_t level = 0; level <= 4; ++level) {
    EXPECT_FALSE(level_wants(level, Writev{}.encode()));
    EXPECT_FALSE(level_wants(level, Ping{}.encode()));
  }
}

}  // namespace
}  // namespace sluice::xroot
