// SPDX-License-Identifier: Apache-2.0
#include "catalogue/sql/migrations.h"

#include "catalogue/test/fixture.h"

#include <thread>

namespace sluice::catalogue {
namespace {

class MigrationsTest : public EngineTest {
 protected:
  Result<std::unique_ptr<sql::Session>> session() {
    return sql::Session::connect(sql::parse_address(config.url).value(), Duration{5'000});
  }
  std::int64_t number(sql::Session& from, const sql::Query& query) {
    std::int64_t out = -1;
    EXPECT_TRUE(from.run(query, {}, [&](const sql::Row& row) { out = row.integer(0); }));
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, MigrationsTest, both_engines, engine_name);

constexpr sql::Query versions{"SELECT COUNT(*) FROM schema_version", "", "i"};
constexpr sql::Query newest{"SELECT MAX(version) FROM schema_version", "", "i"};

TEST_P(MigrationsTest, EmptyThenTwice) {
  open();
  open();
  auto s = session().value();
  const auto known = static_cast<std::int64_t>(sql::embedded_migrations().size());
  EXPECT_GE(known, 3);
  EXPECT_EQ(number(*s, versions), known);
  EXPECT_EQ(number(*s, newest), known);
}

TEST_P(MigrationsTest, OnlyWhatIsMissing) {
  const auto all = sql::embedded_migrations();
  {
    auto s = session().value();
    ASSERT_TRUE(s->begin_write());
    ASSERT_TRUE(sql::migrate(*s, all.first(1)));
    ASSERT_TRUE(s->commit());
    EXPECT_EQ(number(*s, newest), 1);
  }
  open();
  EXPECT_EQ(number(*session().value(), newest), static_cast<std::int64_t>(all.size()));
}

TEST_P(MigrationsTest, NewerDatabaseIsRefused) {
  open();
  ASSERT_TRUE(session().value()->run_once(
      "INSERT INTO schema_version (version, name, applied) VALUES (999, 'future', 0)"));
  auto refused = Catalogue::open(config, clock);
  EXPECT_EQ(code_of(refused), Errc::unsupported);
  EXPECT_NE(refused.error().detail.find("999"), std::string::npos);
}

TEST_P(MigrationsTest, FailedMigrationLeavesNothing) {
  const sql::Migration bad[] = {
      {1, "0001_bad.sql", "CREATE TABLE first (id BIGINT);\nCREATE TABLE first (id BIGINT);\n"}};
  auto s = session().value();
  ASSERT_TRUE(s->begin_write());
  auto failed = sql::migrate(*s, bad);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().detail.find("0001_bad.sql"), std::string::npos);
  s->roll_back();
  EXPECT_FALSE(s->run_once("SELECT * FROM first"));
  EXPECT_FALSE(s->run_once("SELECT * FROM schema_version"));
}

TEST_P(MigrationsTest, ProgramsStartTogether) {
  std::atomic<int> good = 0;
  std::vector<std::jthread> doors;
  for (int i = 0; i < 6; ++i) {
    doors.emplace_back([&] {
      auto opened = Catalogue::open(config, clock);
      if (opened) {
        ++good;
      } else {
        ADD_FAILURE() << opened.error().message();
      }
    });
  }
  doors.clear();
  EXPECT_EQ(good, 6);
}

TEST(Migrations, StatementsEndAtSemicolonsOfLines) {
  EXPECT_EQ(sql::statements_of("-- why;\nCREATE a (\n  b INT, -- c;\n  d);\n\nDROP e;\nREST"),
            (std::vector<std::string>{"CREATE a (\nb INT,\nd)", "DROP e", "REST"}));
}

TEST(Address, Forms) {
  EXPECT_EQ(sql::parse_address("sqlite:/a b/c").value().target, "/a b/c");
  EXPECT_EQ(sql::parse_address("postgresql://h/d").value().engine, sql::Engine::postgresql);
  EXPECT_EQ(code_of(sql::parse_address("mysql://h/d")), Errc::invalid_argument);
  EXPECT_EQ(code_of(sql::parse_address("sqlite:")), Errc::invalid_argument);
  EXPECT_EQ(code_of(sql::parse_address("sqlite:/a\"b")), Errc::invalid_argument);
}

TEST(Address, WhatIsWrongWithOneIsSaidWithoutItsPassword) {
  for (const char* wrong :
       {"postgresql://u:secr%zzet@h/d", "postgresql://u:secret@[::1/d", "postgres://u:secret@h/d?x",
        "postgresql://u:secret@h/d?nothing=secret"}) {
    auto refused = sql::parse_address(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    EXPECT_EQ(refused.error().message().find("secr"), std::string::npos);
  }
}

TEST(Address, AnUnusablePlaceIsSaid) {
  CatalogueConfig config{.url = "sqlite:/nonexistent/folder/file", .patience = Duration{100}};
  EXPECT_FALSE(Catalogue::open(config));
  config.url = "postgresql:///none?host=/nonexistent";
  EXPECT_EQ(code_of(Catalogue::open(config)), Errc::connection);
}

}  // namespace
}  // namespace sluice::catalogue
