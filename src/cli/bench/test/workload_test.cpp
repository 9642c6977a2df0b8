// SPDX-License-Identifier: Apache-2.0
// Wrong options are refused before a socket opens, each with the option's name; URLs are taken
// apart as clients do it.
#include "cli/bench/workload.h"

#include <gtest/gtest.h>

namespace sluice::cli::bench {
namespace {

Workload reading() {
  Workload load;
  load.urls = {"root://localhost:1094//data/f"};
  return load;
}

std::string refusal_of(const Workload& load) {
  const Result<Workload> result = checked(load);
  return result ? "" : result.error().message();
}

TEST(Workload, TableIsInTheOrderOfTheModes) {
  for (const ModeRow& row : modes()) {
    EXPECT_EQ(&row_of(row.mode), &row);
    EXPECT_EQ(*parse_mode(row.name), row.mode);
  }
  EXPECT_NE(parse_mode("reed").error().message().find("randread"), std::string::npos);
}

TEST(Workload, TakesTheSizeOfItsMode) {
  Workload load = reading();
  EXPECT_EQ(checked(load)->size, 4_KiB);
  load.mode = Mode::seqread;
  EXPECT_EQ(checked(load)->size, 1_MiB);
  load.size = 64_KiB;
  EXPECT_EQ(checked(load)->size, 64_KiB);
}

TEST(Workload, HasNoMoreThreadsThanConnections) {
  Workload load = reading();
  load.threads = 8;
  load.connections = 3;
  EXPECT_EQ(checked(load)->threads, 3u);
}

TEST(Workload, RefusesWhatCannotBeMeasured) {
  Workload load = reading();
  load.depth = 0;
  EXPECT_NE(refusal_of(load).find("--depth"), std::string::npos);
  load = reading();
  load.connections = 100000;
  EXPECT_NE(refusal_of(load).find("--connections"), std::string::npos);
  load = reading();
  load.mode = Mode::vread;
  load.size = 4_MiB;
  EXPECT_NE(refusal_of(load).find("2097136"), std::string::npos);
  load = reading();
  load.mode = Mode::stat;
  load.size = 1_KiB;
  EXPECT_NE(refusal_of(load).find("--size"), std::string::npos);
  load = reading();
  load.mode = Mode::pgwrite;
  load.size = 6000_B;
  EXPECT_NE(refusal_of(load).find("multiple"), std::string::npos);
  load = reading();
  load.duration = Duration(0);
  EXPECT_NE(refusal_of(load).find("--duration"), std::string::npos);
  EXPECT_NE(refusal_of(Workload()).find("URL"), std::string::npos);
}

TEST(Workload, WritersNeedAFileEach) {
  Workload load = reading();
  load.mode = Mode::write;
  EXPECT_EQ(refusal_of(load), "");
  load.connections = 2;
  EXPECT_NE(refusal_of(load).find("{n}"), std::string::npos);
  load.urls = {"root://localhost//data/f{n}"};
  EXPECT_EQ(refusal_of(load), "");
}

TEST(Target, IsTakenFromTheUrl) {
  Target target = *parse_target("root://host:2094//data/f");
  EXPECT_EQ(target.host, "host");
  EXPECT_EQ(target.port, 2094);
  EXPECT_EQ(target.path, "/data/f");
  target = *parse_target("root://me@[::1]//data/f");
  EXPECT_EQ(target.host, "::1");
  EXPECT_EQ(target.port, 1094);
  target = *parse_target("root://[::1]:77/");
  EXPECT_EQ(target.port, 77);
  EXPECT_EQ(parse_target("root://host")->path, "");
  EXPECT_FALSE(parse_target("http://host/f"));
  EXPECT_TRUE(parse_target("roots://host//f"));
  EXPECT_FALSE(parse_target("/local/file"));
  EXPECT_FALSE(parse_target("root://host:0//f"));
  EXPECT_FALSE(parse_target("root:////f"));
}

TEST(Target, NumbersItsPath) {
  const Target target{"host", 1094, "/w{n}/{n}"};
  EXPECT_EQ(path_of(target, 12), "/w12/12");
}

}  // namespace
}  // namespace sluice::cli::bench
