// SPDX-License-Identifier: Apache-2.0
// Where files go: every rule of cp(1) that copy_plan.h names.
#include "cli/copy_plan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

CopySource file(std::string_view name, std::uint64_t size = 1) {
  return {.place = *parse_place(name), .is_directory = false, .size = size, .tree = {}};
}
CopySource directory(std::string_view name) {
  return {.place = *parse_place(name),
          .is_directory = true,
          .size = {},
          .tree = {{"f", false, 1}, {"sub", true, 0}, {"sub/g", false, 2}}};
}
CopyTarget missing(std::string_view name) { return {*parse_place(name), false, false}; }
CopyTarget existing_file(std::string_view name) { return {*parse_place(name), true, false}; }
CopyTarget existing_directory(std::string_view name) { return {*parse_place(name), true, true}; }

// "source->target ..." with "mkdir x" first, or the name of the error.
std::string plan(std::vector<CopySource> sources, CopyTarget target, CopyRules rules = {}) {
  auto result = plan_copy(sources, target, rules);
  if (!result) return std::string(error_row(result.error().code).name);
  std::vector<std::string> parts;
  for (const Place& place : result->directories) parts.push_back("mkdir " + place.shown());
  for (const FileJob& job : result->files)
    parts.push_back(job.source.shown() + "->" + job.target.shown());
  for (const auto& [place, error] : result->refused) {
    parts.push_back(fmt::format("{}!{}", place.shown(), error_row(error.code).name));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

constexpr CopyRules recursive{.recursive = true, .make_path = false};
constexpr CopyRules make_path{.recursive = false, .make_path = true};

TEST(CopyPlan, OneFile) {
  EXPECT_EQ(plan({file("a/f")}, missing("b")), "a/f->b");
  EXPECT_EQ(plan({file("a/f")}, existing_file("b")), "a/f->b");
  EXPECT_EQ(plan({file("a/f")}, existing_directory("b")), "a/f->b/f");
  EXPECT_EQ(plan({file("a/f")}, existing_directory("b/")), "a/f->b/f");
  EXPECT_EQ(plan({file("root://h//a/f?t=1")}, missing("root://k//b")),
            "root://h//a/f->root://k//b");
}

TEST(CopyPlan, TrailingSlashNeedsADirectory) {
  EXPECT_EQ(plan({file("f")}, missing("b/")), "not_found");
  EXPECT_EQ(plan({file("f")}, existing_file("b/")), "not_file");
  EXPECT_EQ(plan({file("f")}, missing("b/"), make_path), "mkdir b/, f->b/f");
}

TEST(CopyPlan, ManySourcesNeedADirectory) {
  EXPECT_EQ(plan({file("f"), file("g")}, missing("b")), "not_found");
  EXPECT_EQ(plan({file("f"), file("g")}, existing_file("b")), "not_file");
  EXPECT_EQ(plan({file("f"), file("x/g")}, existing_directory("b")), "f->b/f, x/g->b/g");
  EXPECT_EQ(plan({file("f"), file("g")}, missing("b"), make_path), "mkdir b, f->b/f, g->b/g");
}

TEST(CopyPlan, DirectoriesNeedRecursion) {
  EXPECT_EQ(plan({directory("d")}, existing_directory("b")), "d!is_directory");
  EXPECT_EQ(plan({directory("d"), file("f")}, existing_directory("b")), "f->b/f, d!is_directory");
}

TEST(CopyPlan, DirectoryBecomesTheTargetOrGoesIntoIt) {
  EXPECT_EQ(plan({directory("d")}, missing("b"), recursive),
            "mkdir b, mkdir b/sub, d/f->b/f, d/sub/g->b/sub/g");
  EXPECT_EQ(plan({directory("d/")}, missing("b/"), recursive),
            "mkdir b/, mkdir b/sub, d/f->b/f, d/sub/g->b/sub/g");
  EXPECT_EQ(plan({directory("x/d/")}, existing_directory("b"), recursive),
            "mkdir b/d, mkdir b/d/sub, x/d/f->b/d/f, x/d/sub/g->b/d/sub/g");
  EXPECT_EQ(plan({directory("d")}, existing_file("b"), recursive), "not_file");
}

TEST(CopyPlan, NamelessDirectoriesPourOut) {
  EXPECT_EQ(plan({directory("root://h//")}, existing_directory("b"), recursive),
            "mkdir b, mkdir b/sub, root://h//f->b/f, root://h//sub/g->b/sub/g");
  EXPECT_EQ(plan({directory(".")}, existing_directory("b"), recursive),
            "mkdir b, mkdir b/sub, ./f->b/f, ./sub/g->b/sub/g");
}

TEST(CopyPlan, ChildrenKeepTheCgi) {
  auto result =
      plan_copy({directory("root://h//d?authz=t")}, missing("root://k//e?x=y"), recursive);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->files[1].source.text(), "root://h//d/sub/g?authz=t");
  EXPECT_EQ(result->files[1].target.text(), "root://k//e/sub/g?x=y");
}

TEST(CopyPlan, RefusesCollisions) {
  EXPECT_EQ(plan({file("x/f"), file("y/f")}, existing_directory("b")), "x/f->b/f, y/f!exists");
  EXPECT_EQ(plan({file("b/f")}, existing_directory("b")), "b/f!usage");
  EXPECT_EQ(plan({file("root://h//f")}, existing_file("root://h//f")), "root://h//f!usage");
}

TEST(CopyPlan, RefusesACopyIntoItself) {
  EXPECT_EQ(plan({directory("/d")}, missing("/d/e"), recursive), "/d!usage");
  EXPECT_EQ(plan({directory("/d")}, existing_directory("/"), recursive), "/d!usage");
  EXPECT_EQ(plan({directory("/d")}, missing("/dd"), recursive),
            "mkdir /dd, mkdir /dd/sub, /d/f->/dd/f, /d/sub/g->/dd/sub/g");
}

TEST(CopyPlan, StandardStreams) {
  EXPECT_EQ(plan({{.place = *parse_place("-")}}, missing("b")), "-->b");
  EXPECT_EQ(plan({{.place = *parse_place("-")}}, existing_directory("b")), "-!usage");
  EXPECT_EQ(plan({file("f")}, missing("-")), "f->-");
  EXPECT_EQ(plan({file("f"), file("g")}, missing("-")), "usage");
  EXPECT_EQ(plan({directory("d")}, missing("-"), recursive), "usage");
}

}  // namespace
}  // namespace sluice::cli
