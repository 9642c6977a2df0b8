// SPDX-License-Identifier: Apache-2.0
// A failure is one line that names its object once and says what to do, or one JSON value with the
// same.
#include "cli/failure.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

Error error(Errc code, std::string detail) { return {code, std::move(detail), {}}; }

TEST(Failure, NamesObjectCauseAndRemedy) {
  EXPECT_EQ(failure_line("sluice rm", "root://h//f", error(Errc::not_found, "")),
            "sluice rm: root://h//f: No such file or directory; check the path with `sluice ls`");
  EXPECT_EQ(
      failure_line("sluice cp", "/f", error(Errc::not_found, "/f: No such file or directory")),
      "sluice cp: /f: No such file or directory; check the path with `sluice ls`");
  EXPECT_EQ(failure_line("sluice cp", "/f", error(Errc::unsupported, "no such checksum")),
            "sluice cp: /f: Not supported (no such checksum); this server cannot do it");
}

TEST(Failure, UsageSpeaksForItself) {
  EXPECT_EQ(failure_line("sluice ls", "", error(Errc::usage, "URL is missing")),
            "sluice ls: URL is missing; --help shows the usage with examples");
  EXPECT_EQ(
      failure_line("sluice ls", "", error(Errc::usage, "unknown option --x; did you mean --y?")),
      "sluice ls: unknown option --x; did you mean --y?");
}

TEST(Failure, StaysOneLine) {
  std::string line = failure_line("sluice", "a\nb", error(Errc::io, "x\r\n\ty\x1b[31m"));
  EXPECT_EQ(line.find_first_of("\r\n\t\x1b"), std::string::npos);
}

TEST(Failure, AsJson) {
  auto json =
      boost::json::parse(
          failure_json("sluice rm", "root://h//\"f\"\xff", error(Errc::not_found, "gone")).text())
          .as_object();
  EXPECT_EQ(json["error"], "not_found");
  EXPECT_EQ(json["exit"], 54);
  EXPECT_EQ(json["object"], "root://h//\"f\"\xef\xbf\xbd");
  EXPECT_EQ(json["message"], "No such file or directory: gone");
  EXPECT_EQ(std::string(json["remedy"].as_string().c_str()), remedy(Errc::not_found));
}

TEST(Json, KeepsOrderAndTypes) {
  JsonArray names;
  names.add("a").add(JsonObject().add("b", 1));
  JsonObject json;
  json.add("t", "x").add("n", -7).add("u", std::uint64_t{1} << 63).add("b", true).add("d", 0.5);
  json.null("z").add("list", names).add("nan", 0.0 / 0.0);
  EXPECT_EQ(
      json.text(),
      R"({"t":"x","n":-7,"u":9223372036854775808,"b":true,"d":0.5,"z":null,"list":["a",{"b":1}],"nan":null})");
}

}  // namespace
}  // namespace sluice::cli
