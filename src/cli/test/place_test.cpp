// SPDX-License-Identifier: Apache-2.0
// Names of the command line become places; secrets of a URL stay out of what is shown.
#include "cli/place.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

TEST(Place, ParsesUrls) {
  Place place = *parse_place("root://u@host:1094//data/a b%20?authz=secret&x=1");
  EXPECT_TRUE(place.is_remote());
  EXPECT_EQ(place.server, "root://u@host:1094");
  EXPECT_EQ(place.path, "/data/a b%20");
  EXPECT_EQ(place.cgi, "authz=secret&x=1");
  EXPECT_EQ(place.text(), "root://u@host:1094//data/a b%20?authz=secret&x=1");
  EXPECT_EQ(place.shown(), "root://u@host:1094//data/a b%20");
}

TEST(Place, KeepsPasswordsToItself) {
  Place place = *parse_place("root://u:pw@host//f");
  EXPECT_EQ(place.shown(), "root://u@host//f");
  EXPECT_EQ(place.text(), "root://u:pw@host//f");
}

TEST(Place, TakesEveryNumberOfSlashes) {
  for (std::string_view text : {"root://[::1]:99", "root://[::1]:99/", "root://[::1]:99//"}) {
    EXPECT_EQ(parse_place(text)->shown(), "root://[::1]:99//");
  }
  for (std::string_view text : {"root://h/d/f", "root://h//d/f", "root://h///d/f"}) {
    EXPECT_EQ(parse_place(text)->shown(), "root://h//d/f");
  }
  EXPECT_EQ(parse_place("root://h?x=1")->text(), "root://h//?x=1");
}

TEST(Place, ParsesLocalNames) {
  EXPECT_TRUE(parse_place("-")->is_stream());
  EXPECT_EQ(parse_place("file:///tmp/x")->path, "/tmp/x");
  EXPECT_EQ(parse_place("what?ever:1")->path, "what?ever:1");
  EXPECT_EQ(parse_place("dir/a://b")->path, "dir/a://b");
  EXPECT_TRUE(parse_place("./-")->is_local());
}

TEST(Place, RefusesWhatItDoesNotSpeak) {
  EXPECT_EQ(parse_place("http://h/x").error().code, Errc::usage);
  EXPECT_EQ(parse_place("root:///x").error().code, Errc::usage);
  EXPECT_EQ(parse_place("root://u@//x").error().code, Errc::usage);
  EXPECT_EQ(parse_place("").error().code, Errc::usage);
  EXPECT_EQ(parse_url("/tmp/x").error().code, Errc::usage);
}

TEST(Place, WalksUpAndDown) {
  Place dir = *parse_place("root://h//d/e/?k=v");
  EXPECT_EQ(dir.name(), "e");
  EXPECT_EQ(dir.child("f/g").text(), "root://h//d/e/f/g?k=v");
  EXPECT_EQ(dir.parent().text(), "root://h//d?k=v");
  EXPECT_EQ(dir.parent().parent().parent().path, "/");
  EXPECT_EQ(parse_place("root://h//")->name(), "");
  EXPECT_EQ(parse_place("root://h//")->child("x").path, "/x");
  EXPECT_EQ(parse_place("x")->parent().path, ".");
  EXPECT_EQ(parse_place("x")->child("y").path, "x/y");
  EXPECT_EQ(parse_place("x")->child("").path, "x");
  EXPECT_EQ(parse_place("/x")->parent().path, "/");
  EXPECT_EQ(parse_place("a//b//")->name(), "b");
  EXPECT_EQ(parse_place("a//b//")->parent().path, "a");
}

}  // namespace
}  // namespace sluice::cli
