// SPDX-License-Identifier: Apache-2.0
// Methods are tried in the server's order until one is taken, and no server keeps the generator busy for ever.
#include "cli/bench/authentication.h"

#include "xroot/requests/auth.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace sluice::cli::bench {
namespace {

using xroot::ResponseStatus;

Answer answer_of(ResponseStatus status) {
  Answer answer;
  answer.status = status;
  return answer;
}

// The method of the one request in `out`, which is empty afterwards.
std::string method_in(std::vector<std::byte>& out) {
  constexpr std::size_t request_header = 24;
  EXPECT_GE(out.size(), request_header);
  const std::string method(as_text(ByteView(out).subspan(16, 4)));
  EXPECT_EQ(load_be<std::uint16_t>(ByteView(out).subspan(2).first<2>()), xroot::Auth::id);
  out.clear();
  return method.substr(0, method.find('\0'));
}

struct BenchAuthentication : testing::Test {
  BenchAuthentication() { ::unsetenv("XrdSecPROTOCOL"); }
  Authentication under_test{{"localhost", false, "bench"}};
  std::vector<std::byte> out;
};

TEST_F(BenchAuthentication, TriesTheNextMethodWhenOneIsRefused) {
  ASSERT_TRUE(under_test.begin("&P=nope,x&P=unix&P=ztn,0:4096:&P=host", out));
  EXPECT_EQ(method_in(out), "unix");
  std::vector<std::byte> body;
  Writer(body).be<std::uint32_t>(3030).text("not you");
  // No token is shown in clear, so that ztn is passed over.
  ASSERT_TRUE(under_test.proceed(answer_of(ResponseStatus::error), body, out));
  EXPECT_EQ(method_in(out), "host");
  const Status over = under_test.proceed(answer_of(ResponseStatus::error), body, out);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Errc::authentication);
  EXPECT_THAT(over.error().detail, testing::HasSubstr("unix: error 3030: not you; ztn: "));
}

TEST_F(BenchAuthentication, RefusesOffersItHasNothingFor) {
  EXPECT_EQ(under_test.begin("&P=nope", out).error().code, Errc::authentication);
  EXPECT_EQ(under_test.begin("nonsense", out).error().code, Errc::protocol);
  EXPECT_TRUE(out.empty());
}

TEST_F(BenchAuthentication, FailsWhenAMethodOfOneRoundIsAskedForMore) {
  ASSERT_TRUE(under_test.begin("&P=unix", out));
  EXPECT_FALSE(under_test.proceed(answer_of(ResponseStatus::authmore), {}, out));
}

}  // namespace
}  // namespace sluice::cli::bench
