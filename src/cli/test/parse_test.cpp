// SPDX-License-Identifier: Apache-2.0
// The words of a command line arrive in the right fields, odd file names included, and mistakes are
// named.
#include "cli/parse.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

struct Fields {
  bool recursive = false;
  std::optional<Bytes> rate;
  int parallel = 4;
  std::vector<std::string> header;
  std::string checksum = "none";
  std::vector<std::string> paths;
  Options options;

  Fields() {
    options.flag("-r,--recursive", recursive, "directories too")
        .value("--rate", "SIZE", rate, "limit")
        .value("-p,--parallel", "N", parallel, "files at once")
        .value("--header", "TEXT", header, "repeatable")
        .choice("--checksum", "TYPE", checksum, {"none", "adler32"}, "checksum")
        .arguments("PATH", paths, 2, "paths", Complete::any_path);
  }
  Result<Parsed> parse(std::vector<std::string> words) {
    return cli::parse(options, std::move(words));
  }
};

using Words = std::vector<std::string>;

TEST(Parse, BindsFlagsValuesAndArguments) {
  Fields f;
  ASSERT_TRUE(f.parse({"-r", "a", "--rate", "8 MiB", "-p3", "b", "--header=x", "--header", "y"}));
  EXPECT_TRUE(f.recursive);
  EXPECT_EQ(f.rate, 8_MiB);
  EXPECT_EQ(f.parallel, 3);
  EXPECT_EQ(f.header, (Words{"x", "y"}));
  EXPECT_EQ(f.paths, (Words{"a", "b"}));
}

TEST(Parse, KeepsDefaults) {
  Fields f;
  ASSERT_TRUE(f.parse({"a", "b"}));
  EXPECT_FALSE(f.recursive);
  EXPECT_FALSE(f.rate);
  EXPECT_EQ(f.parallel, 4);
  EXPECT_EQ(f.options.specs()[2].default_text, "4");
}

TEST(Parse, TakesOddFileNamesAsTheyAre) {
  for (std::string name :
       {"-", "[a]", "{}", "a=b", "%s", "a,b", "a b", "'q'", "\"q\"", "root://h//p?x=1&y"}) {
    Fields f;
    ASSERT_TRUE(f.parse({name, "target"})) << name;
    EXPECT_EQ(f.paths, (Words{name, "target"}));
  }
  Fields f;
  ASSERT_TRUE(f.parse({"-r", "--", "-x", "--rate"}));
  EXPECT_EQ(f.paths, (Words{"-x", "--rate"}));
}

TEST(Parse, LastValueOfAnOptionWins) {
  Fields f;
  ASSERT_TRUE(f.parse({"--rate", "1 B", "--rate", "2 B", "a", "b"}));
  EXPECT_EQ(f.rate, 2_B);
}

TEST(Parse, NamesMistakes) {
  auto text = [](Words words) {
    Fields f;
    auto parsed = f.parse(std::move(words));
    if (!parsed) return parsed.error().detail;
    Status complete = check_arguments(f.options, *parsed);
    return complete ? std::string("fine") : complete.error().detail;
  };
  EXPECT_EQ(text({"--recursiv", "a", "b"}), "unknown option --recursiv; did you mean --recursive?");
  EXPECT_EQ(text({"--rate", "7", "a", "b"}),
            "--rate: \"7\" is not a number with a unit, such as \"512 KiB\"");
  EXPECT_EQ(text({"--checksum", "sha", "a", "b"}), "--checksum: \"sha\" is none of none, adler32");
  EXPECT_EQ(text({"a"}), "PATH is missing");
  EXPECT_NE(text({"a", "--rate"}).find("--rate"), std::string::npos);
  EXPECT_EQ(text({"a", "b"}), "fine");
}

TEST(Options, FindsItsNames) {
  Fields f;
  EXPECT_EQ(f.options.specs()[0].long_name(), "--recursive");
  EXPECT_EQ(f.options.specs()[0].short_name(), "-r");
  EXPECT_EQ(f.options.specs()[1].short_name(), "");
}

}  // namespace
}  // namespace sluice::cli
