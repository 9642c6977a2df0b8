// SPDX-License-Identifier: Apache-2.0
// The forms in which clients write a token.
#include "auth/token/bearer.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::auth {
namespace {

TEST(Bearer, EveryFormIsRead) {
  for (const char* form : {"Bearer a.b-c_d.e", "Bearer%20a.b-c_d.e", "Bearer+a.b-c_d.e",
                           "bearer a.b-c_d.e", "BEARER%20%20a.b-c_d.e", "a.b-c_d.e"})
    EXPECT_EQ(bearer_of(form).value_or("none"), "a.b-c_d.e") << form;
}

TEST(Bearer, OthersAreNone) {
  for (std::string_view form :
       {std::string_view(""), std::string_view("-"), std::string_view("Bearer"),
        std::string_view("Bearer "), std::string_view("Bearer%20"), std::string_view("Bearerx.y.z"),
        std::string_view("Basic dXNlcg=="), std::string_view("a b"), std::string_view("a%20b"),
        std::string_view("a&b"), std::string_view("a\nb"), std::string_view("a\0b", 3),
        std::string_view("Bearer \xc3\xa4"), std::string_view("Bearer %2520x")})
    EXPECT_FALSE(bearer_of(form)) << form;
  EXPECT_TRUE(bearer_of(std::string(524288, 'a')));
  EXPECT_FALSE(bearer_of(std::string(524289, 'a')));
}

}  // namespace
}  // namespace sluice::auth
