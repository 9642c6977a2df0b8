// SPDX-License-Identifier: Apache-2.0
#include "door/selection.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::door {
namespace {

using Texts = std::vector<std::string>;

Selection rules(const Texts& texts) { return Selection::parse(texts).value(); }

std::string complaint(const std::string& text) {
  auto parsed = Selection::parse(Texts{text});
  return parsed ? "" : parsed.error().detail;
}

PoolPicture pools(std::vector<catalogue::Texts> tags) {
  PoolPicture out;
  for (auto& words : tags) {
    auto view = std::make_shared<PoolView>();
    view->pool.id = {static_cast<std::int64_t>(out.size()) + 1};
    view->pool.tags = std::move(words);
    out.push_back(std::move(view));
  }
  return out;
}

// The first pool that is not left out, 0 for none; `down` ones never answer.
std::int64_t chosen(const Selection& selection, const Wish& wish, const PoolPicture& all,
                    std::vector<std::int64_t> down = {}) {
  auto found = selection.choose(all, wish, down, [&](std::span<const std::int64_t> excluded) {
    for (const auto& view : all)
      if (std::ranges::find(excluded, view->pool.id.number) == excluded.end())
        return std::optional(view->pool.id.number);
    return std::optional<std::int64_t>();
  });
  return found.value_or(0);
}

const PoolPicture three = pools({{}, {{"disk", "ssd"}}, {{"disk", "ssd"}, {"site", "b"}}});

TEST(Selection, without_rules_all_pools_are_one) { EXPECT_EQ(chosen(rules({}), {}, three), 1); }

TEST(Selection, the_first_rule_that_finds_one_decides) {
  const Selection selection = rules({"write -> disk=ssd site=b", "-> disk=ssd"});
  EXPECT_EQ(chosen(selection, {.writes = true}, three), 3);
  EXPECT_EQ(chosen(selection, {.writes = true}, three, {3}), 2);
  EXPECT_EQ(chosen(selection, {.writes = true}, three, {2, 3}), 1);
  EXPECT_EQ(chosen(selection, {}, three), 2);
}

TEST(Selection, only_means_no_others) {
  const Selection selection = rules({"path=/raw -> disk=ssd only"});
  EXPECT_EQ(chosen(selection, {.path = "/raw/f"}, three), 2);
  EXPECT_EQ(chosen(selection, {.path = "/raw/f"}, three, {2, 3}), 0);
  EXPECT_EQ(chosen(selection, {.path = "/rawer"}, three), 1);
}

TEST(Selection, networks) {
  const Selection selection = rules({"net=10.1.0.0/16 -> site=b", "net=2001:db8::/32 -> site=b"});
  EXPECT_EQ(chosen(selection, {.client = "10.1.2.3:4000"}, three), 3);
  EXPECT_EQ(chosen(selection, {.client = "[::ffff:10.1.2.3]:4000"}, three), 3);
  EXPECT_EQ(chosen(selection, {.client = "[2001:db8::7]:4000"}, three), 3);
  EXPECT_EQ(chosen(selection, {.client = "10.2.2.3:4000"}, three), 1);
  EXPECT_EQ(chosen(selection, {.client = ""}, three), 1);
  EXPECT_EQ(chosen(rules({"net=10.1.2.3 -> site=b"}), {.client = "10.1.2.3:1"}, three), 3);
}

TEST(Selection, classes) {
  const Selection selection = rules({"class=raw -> site=b", "class=default -> disk=ssd"});
  EXPECT_TRUE(selection.asks_for_class());
  EXPECT_FALSE(rules({"read -> site=b"}).asks_for_class());
  EXPECT_EQ(chosen(selection, {.storage_class = "raw"}, three), 3);
  EXPECT_EQ(chosen(selection, {.storage_class = ""}, three), 2);
  EXPECT_EQ(chosen(selection, {.storage_class = "other"}, three), 1);
}

TEST(Selection, what_is_wrong_is_named) {
  EXPECT_NE(complaint("write path=raw -> a=b").find("path=raw"), std::string::npos);
  EXPECT_NE(complaint("erase -> a=b").find("\"erase\""), std::string::npos);
  EXPECT_NE(complaint("net=10.1.0.0/99 -> a=b").find("10.1.0.0/99"), std::string::npos);
  EXPECT_NE(complaint("write").find("arrow"), std::string::npos);
  EXPECT_NE(complaint("write -> only").find("KEY=VALUE"), std::string::npos);
  EXPECT_NE(complaint("write -> ssd").find("\"ssd\""), std::string::npos);
  EXPECT_NE(complaint("path= -> a=b").find("path="), std::string::npos);
  EXPECT_EQ(complaint("  read   path=/  ->  a=b  "), "");
}

}  // namespace
}  // namespace sluice::door
