// SPDX-License-Identifier: Apache-2.0
#include "tpc/rendezvous.h"

#include <gtest/gtest.h>

namespace sluice::tpc {
namespace {

using namespace std::chrono_literals;

class RendezvousTest : public testing::Test {
 protected:
  static Announcement of(std::string key, std::string name = "/a", std::string origin = "jane.1") {
    return {std::move(key),
            name,
            name,
            "host",
            std::move(origin),
            "127.0.0.1:1",
            std::make_shared<const auth::Principal>()};
  }
  // Whether it was let in; nothing: it has to wait.
  std::optional<bool> finds(std::string_view key, std::string_view name = "/a",
                            std::string_view origin = "jane.1") {
    auto found = table_->find(key, name, origin);
    if (!found) return false;
    return *found ? std::optional(true) : std::nullopt;
  }
  std::unique_ptr<Rendezvous::Ticket> announce(Announcement announcement) {
    auto ticket = table_->announce(std::move(announcement), 60s);
    return ticket ? std::move(*ticket) : nullptr;
  }

  Rendezvous::Clock::time_point now_;
  std::shared_ptr<Rendezvous> table_ = std::make_shared<Rendezvous>([this] { return now_; });
};

TEST_F(RendezvousTest, lives_as_long_as_its_ticket) {
  EXPECT_EQ(finds("k"), std::nullopt);
  auto ticket = announce(of("k"));
  EXPECT_EQ(finds("k"), true);
  ticket.reset();
  EXPECT_EQ(finds("k"), std::nullopt);
  EXPECT_EQ(table_->size(), 0U);
}

TEST_F(RendezvousTest, is_for_one_file_of_one_orchestrator) {
  auto ticket = announce(of("k"));
  EXPECT_EQ(finds("k", "/b"), false);
  EXPECT_EQ(finds("k"), std::nullopt) << "whoever guesses has spoilt it";
  ticket = announce(of("k"));
  EXPECT_EQ(finds("k", "/a", "jane.2"), false);
  EXPECT_EQ(finds("k"), std::nullopt);
}

TEST_F(RendezvousTest, expires_unless_they_have_met) {
  auto late = announce(of("late")), met = announce(of("met"));
  EXPECT_EQ(finds("met"), true);
  table_->meet("met");
  now_ += 61s;
  EXPECT_EQ(finds("late"), false);
  EXPECT_EQ(finds("met"), true) << "a destination that lost its connection comes again";
  met.reset();
  EXPECT_EQ(finds("met"), std::nullopt);
}

TEST_F(RendezvousTest, the_same_again_takes_its_place) {
  auto first = announce(of("k"));
  auto second = announce(of("k"));
  first.reset();
  EXPECT_EQ(finds("k"), true);
  second.reset();
  EXPECT_EQ(finds("k"), std::nullopt);
}

TEST_F(RendezvousTest, a_key_of_two_is_nobodys) {
  auto first = announce(of("k"));
  EXPECT_EQ(announce(of("k", "/a", "eve.1")), nullptr);
  EXPECT_EQ(finds("k"), std::nullopt);
  first = announce(of("k"));
  EXPECT_EQ(announce(of("k", "/b")), nullptr);
  EXPECT_EQ(table_->size(), 0U);
}

TEST_F(RendezvousTest, a_ticket_may_outlive_the_table) {
  auto ticket = announce(of("k"));
  table_.reset();
  ticket.reset();
}

TEST_F(RendezvousTest, is_bounded) {
  std::vector<std::unique_ptr<Rendezvous::Ticket>> tickets;
  for (std::size_t i = 0; i < Rendezvous::most; ++i)
    tickets.push_back(announce(of(std::to_string(i))));
  auto refused = table_->announce(of("more"), 60s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  EXPECT_NE(announce(of("0")), nullptr) << "one that is there already";
}

}  // namespace
}  // namespace sluice::tpc
