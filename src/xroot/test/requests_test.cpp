// SPDX-License-Identifier: Apache-2.0
// What the columns of the request headers promise, checked for all of them at once.
#include "xroot/requests/all.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace sluice::xroot {
namespace {

TEST(Requests, namesAreUniqueAndFoundById) {
  std::set<std::string_view> names;
  AllRequests::each([&]<class R>() {
    EXPECT_TRUE(names.insert(R::name).second) << R::name;
    EXPECT_EQ(request_name(R::id), R::name);
  });
  EXPECT_EQ(names.size(), 33u);
  EXPECT_EQ(request_name(2999), "unknown");
  EXPECT_EQ(request_name(3033), "unknown");
}

TEST(Requests, onlyTheFirstStepsAreOpenToStrangers) {
  std::set<std::string_view> before_login;
  std::set<std::string_view> before_auth;
  AllRequests::each([&]<class R>() {
    if (R::gate == Gate::connected) before_login.insert(R::name);
    if (R::gate == Gate::logged_in) before_auth.insert(R::name);
  });
  EXPECT_EQ(before_login, (std::set<std::string_view>{"protocol", "login", "bind"}));
  EXPECT_EQ(before_auth, (std::set<std::string_view>{"auth", "ping", "endsess"}));
}

TEST(Requests, noPayloadIsUnbounded) {
  AllRequests::each([]<class R>() {
    EXPECT_LE(R::max_payload, 1258291u) << R::name;
    EXPECT_EQ(streams_data_of<R>, R::name == "write" || R::name == "pgwrite" || R::name == "writev")
        << R::name;
  });
}

// The table of signed requests, one letter for each level 0..4: n(ever), S(igned), m(odifying only).
TEST(Requests, signingLevels) {
  std::map<std::string, std::string> levels;
  AllRequests::each([&]<class R>() {
    for (Sign sign : R::sign)
      levels[std::string(R::name)] += sign == Sign::never ? 'n' : sign == Sign::needed ? 'S' : 'm';
  });
  for (const char* name : {"chmod", "chkpoint", "fattr", "gpfile", "mv", "rm", "rmdir", "truncate"})
    EXPECT_EQ(levels[name], "nSSSS");
  for (const char* name : {"bind", "close", "endsess", "pgread", "pgwrite", "write"})
    EXPECT_EQ(levels[name], "nnnSS");
  for (const char* name :
       {"read", "readv", "stat", "statx", "sync", "dirlist", "locate", "prepare"})
    EXPECT_EQ(levels[name], "nnnnS");
  for (const char* name : {"auth", "login", "protocol", "ping", "sigver", "writev", "clone"})
    EXPECT_EQ(levels[name], "nnnnn");
  EXPECT_EQ(levels["open"], "nmSSS");
  EXPECT_EQ(levels["mkdir"], "nnSSS");
  EXPECT_EQ(levels["set"], "nmmSS");
  EXPECT_EQ(levels["query"], "nnnmS");
}

TEST(Requests, modifyingOnes) {
  Open open;
  EXPECT_FALSE(open.modifies());
  open.flags.append = true;
  EXPECT_TRUE(open.modifies());
  EXPECT_FALSE((Query{QueryKind::checksum, 0, {}}.modifies()));
  EXPECT_TRUE((Query{QueryKind::opaque_file, 0, {}}.modifies()));
  EXPECT_FALSE(Set{}.modifies());
  EXPECT_TRUE((Set{1, {}}.modifies()));
}

TEST(Requests, vectorListsHaveBounds) {
  const std::vector<VectorItem> most(max_vector_items, VectorItem{1, 2, 3});
  const std::vector<VectorItem> too_many(max_vector_items + 1, VectorItem{1, 2, 3});
  EXPECT_EQ(VectorItems::decode(VectorItems::encode(most))->total_length(), 2048u);
  const auto bytes = VectorItems::encode(too_many);
  EXPECT_EQ(VectorItems::decode(bytes).error().code, Errc::too_long);
  const auto list = VectorItems::encode(most);
  const auto items = *VectorItems::decode(list);
  EXPECT_EQ(items.size(), max_vector_items);
  EXPECT_EQ(items[1023], (VectorItem{1, 2, 3}));
}

TEST(Requests, linesSkipEmptyOnes) {
  std::vector<std::string_view> seen;
  for (std::string_view line : Lines("\n\na\nb c\n\n")) seen.push_back(line);
  EXPECT_EQ(seen, (std::vector<std::string_view>{"a", "b c"}));
  EXPECT_TRUE(Lines("\n\n").empty());
}

}  // namespace
}  // namespace sluice::xroot
