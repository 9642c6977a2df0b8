// SPDX-License-Identifier: Apache-2.0
#include "catalogue/acl.h"

#include "catalogue/test/fixture.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice::catalogue {
namespace {

Acl acl(std::string_view text) { return Acl::parse(text).value(); }
std::string canonical(std::string_view text) { return acl(text).text(); }
std::string why_not(std::string_view text) {
  auto refused = Acl::parse(text);
  if (refused) return "taken as " + refused->text();
  return std::string(refused.error().code == Errc::too_long ? "too long: " : "") +
         refused.error().detail;
}

// --- text ---

TEST(Acl, TextIsThatOfNfs4Setfacl) {
  // As nfs4_getfacl prints them.
  for (const char* text :
       {"A::OWNER@:rwadxtTnNcCoy", "A:g:GROUP@:rxtncy", "A::EVERYONE@:rtncy", "A:fd:1000:rx",
        "D:fdig:100:waDT", "A:fdn:OWNER@:rwaDxtTnNcCoy", "D::4294967294:r"}) {
    EXPECT_EQ(canonical(text), text);
  }
}

TEST(Acl, EqualListsHaveEqualTexts) {
  EXPECT_EQ(canonical("A:dfdf:1000:xr"), "A:fd:1000:rx");
  EXPECT_EQ(canonical("A::GROUP@:r"), "A:g:GROUP@:r");
  EXPECT_EQ(canonical("A::7:R"), "A::7:rtncy");
  EXPECT_EQ(canonical("A::7:W"), "A::7:waDtTNcCy");
  EXPECT_EQ(canonical("A::7:X"), "A::7:xtcy");
  EXPECT_EQ(canonical("A::007:r"), "A::7:r");
}

TEST(Acl, LinesCommasAndRemarks) {
  const std::string list = "A::1:r,D::2:w,A::3:x";
  EXPECT_EQ(canonical("A::1:r,D::2:w , A::3:x,"), list);
  EXPECT_EQ(canonical("# who reads, and who does not\r\n A::1:r\r\n\nD::2:w\nA::3:x\n"), list);
}

TEST(Acl, WhatIsWrongIsSaid) {
  EXPECT_EQ(why_not(""), "an ACL without entries");
  EXPECT_EQ(why_not("# nothing\n,,\n"), "an ACL without entries");
  EXPECT_EQ(why_not("A::1"), "ACL entry \"A::1\": it is not TYPE:FLAGS:WHO:RIGHTS");
  EXPECT_EQ(why_not("A::1:r:x"), "ACL entry \"A::1:r:x\": it is not TYPE:FLAGS:WHO:RIGHTS");
  EXPECT_EQ(why_not("U::1:r"), "ACL entry \"U::1:r\": its type is neither A (allow) nor D (deny)");
  EXPECT_EQ(why_not("A:S:1:r"),
            "ACL entry \"A:S:1:r\": 'S' is no flag; flags are f, d, n, i and g");
  EXPECT_EQ(why_not("A::1:rq"),
            "ACL entry \"A::1:rq\": 'q' is no right; rights are rwadDxtTnNcCoy, R, W and X");
  EXPECT_EQ(why_not("A::1:"), "ACL entry \"A::1:\": it names no right");
  EXPECT_EQ(why_not("A:i:1:r"), "ACL entry \"A:i:1:r\": the flags n and i need f or d");
  EXPECT_EQ(why_not("A:n:1:r"), "ACL entry \"A:n:1:r\": the flags n and i need f or d");
  EXPECT_EQ(why_not("A:g:OWNER@:r"),
            "ACL entry \"A:g:OWNER@:r\": OWNER@ is no group: without the flag g");
  for (const char* who : {"jane", "jane@example.org", "-1", "+1", "4294967295",
                          "99999999999999999999", "", " 1", "0x10", "owner@"}) {
    EXPECT_NE(why_not(std::string("A::") + who + ":r").find("is none of OWNER@"), std::string::npos)
        << who;
  }
}

TEST(Acl, IsBounded) {
  std::string many;
  for (int i = 0; i < 64; ++i) many += "A::1:r,";
  EXPECT_TRUE(Acl::parse(many));
  EXPECT_EQ(why_not(many + "A::1:r"), "too long: an ACL of more than 64 entries");
  EXPECT_EQ(why_not(std::string(2049, ' ')), "too long: an ACL of more than 2048 characters");
  std::string wide;
  for (int i = 0; i < 64; ++i) wide += "A:fdng:4294967290:RWXod,";
  EXPECT_EQ(why_not(wide),
            "too long: an ACL of more than 2048 characters, with R, W and X written out");
}

TEST(Acl, WhatWasHandedOnCanBeReadAgain) {
  const std::string entry = "A:fg:4294967290:rwadDxtTnNcCoy,";  // each grows
  std::string wide;
  while (Acl::parse(wide + entry)) wide += entry;
  const SharedAcl once = acl(wide).inherited(EntryKind::directory);
  EXPECT_GT(once->text().size(), 1900U);
  EXPECT_EQ(canonical(once->text()), once->text());
  EXPECT_EQ(once->inherited(EntryKind::directory)->text(), once->text());
}

// --- decisions ---

constexpr std::array<std::int64_t, 2> groups{100, 200};
constexpr AclParties jane{.user = 1000, .groups = groups, .owner = 7, .group = 8};

TEST(Acl, TheFirstEntryThatNamesARightDecides) {
  const Acl list = acl("D::1000:w,A::EVERYONE@:rw,D::1000:r");
  EXPECT_EQ(list.allows(jane, Right::write), false);
  EXPECT_EQ(list.allows(jane, Right::read), true);
  EXPECT_EQ(list.allows(jane, Right::execute), std::nullopt);
}

TEST(Acl, EntriesAreForWhomTheyName) {
  const auto is_for_jane = [](const char* who, AclParties parties = jane) {
    return acl(std::string("A:") + who + ":r").allows(parties, Right::read).has_value();
  };
  EXPECT_TRUE(is_for_jane(":1000"));
  EXPECT_FALSE(is_for_jane(":1001"));
  EXPECT_TRUE(is_for_jane("g:100"));
  EXPECT_TRUE(is_for_jane("g:200"));
  EXPECT_FALSE(is_for_jane("g:1000"));  // a user's number is no group's
  EXPECT_FALSE(is_for_jane(":100"));
  EXPECT_TRUE(is_for_jane(":EVERYONE@"));
  EXPECT_FALSE(is_for_jane(":OWNER@"));
  EXPECT_FALSE(is_for_jane(":GROUP@"));
  AclParties own = jane;
  own.owner = 1000;
  own.group = 200;
  EXPECT_TRUE(is_for_jane(":OWNER@", own));
  EXPECT_TRUE(is_for_jane(":GROUP@", own));
}

TEST(Acl, NobodyIsEverybodyAndNoOwner) {
  const AclParties nobody{.user = -1, .groups = {}, .owner = -1, .group = -1};
  EXPECT_EQ(acl("A::EVERYONE@:r").allows(nobody, Right::read), true);
  EXPECT_EQ(acl("A::OWNER@:r,A::GROUP@:r,A::0:r,A::4294967294:r").allows(nobody, Right::read),
            std::nullopt);
}

TEST(Acl, WhatIsOnlyForNewEntriesDecidesNothingHere) {
  EXPECT_EQ(acl("D:fdi:EVERYONE@:r,A::1000:r").allows(jane, Right::read), true);
}

TEST(Acl, ClosedDeniesEverythingAlsoBelow) {
  const Acl closed = Acl::closed();
  for (const Right right :
       {Right::read, Right::write, Right::append, Right::execute, Right::delete_child,
        Right::remove, Right::write_acl, Right::write_named, Right::write_attributes}) {
    EXPECT_EQ(closed.allows(jane, right), false);
    EXPECT_EQ(closed.inherited(EntryKind::file)->allows(jane, right), false);
  }
  EXPECT_EQ(canonical(closed.text()), closed.text());
  EXPECT_EQ(stored_acl("what is this")->text(), closed.text());
}

// --- inheritance: RFC 7530, 6.2.1.4.1 ---

struct Handed {
  const char* flags;
  const char* directory;  // on a new directory; nothing: no entry
  const char* file;
};

TEST(Acl, InheritanceFollowsTheFlags) {
  const std::array rows{
      Handed{"", nullptr, nullptr}, Handed{"f", "fi", ""},     Handed{"d", "d", nullptr},
      Handed{"fd", "fd", ""},       Handed{"fi", "fi", ""},    Handed{"di", "d", nullptr},
      Handed{"fdi", "fd", ""},      Handed{"fn", nullptr, ""}, Handed{"dn", "", nullptr},
      Handed{"fdn", "", ""},        Handed{"fdni", "", ""},
  };
  const auto text = [](const char* flag) -> std::string {
    return flag == nullptr ? "" : std::string("A:") + flag + ":1000:rx";
  };
  const auto text_of = [](const SharedAcl& list) { return list ? list->text() : std::string(); };
  for (const Handed& row : rows) {
    const Acl list = acl(text(row.flags));
    EXPECT_EQ(text_of(list.inherited(EntryKind::directory)), text(row.directory)) << row.flags;
    EXPECT_EQ(text_of(list.inherited(EntryKind::file)), text(row.file)) << row.flags;
    EXPECT_EQ(list.inherited(EntryKind::link), nullptr);
  }
}

TEST(Acl, OrderIsInheritedToo) {
  EXPECT_EQ(acl("D:fg:100:w,A::1:r,A:fd:2:w").inherited(EntryKind::file)->text(),
            "D:g:100:w,A::2:w");
}

TEST(Acl, OnAFileNothingPassesOn) {
  EXPECT_EQ(acl("A:fd:1:r,D:fi:2:r,A::3:x").on(EntryKind::file)->text(), "A::1:r,A::3:x");
  EXPECT_EQ(acl("D:fi:2:r").on(EntryKind::file), nullptr);
  EXPECT_EQ(acl("A:fd:1:r,D:fi:2:r").on(EntryKind::directory)->text(), "A:fd:1:r,D:fi:2:r");
  EXPECT_EQ(acl("A:fd:1:r").on(EntryKind::link), nullptr);
}

TEST(Acl, StoredListsAreShared) {
  EXPECT_EQ(stored_acl(""), nullptr);
  const SharedAcl one = stored_acl("A:fd:1000:rx");
  EXPECT_EQ(stored_acl("A:fd:1000:rx"), one);
  for (int i = 0; i < 5000; ++i) {
    const std::string text = "A::" + std::to_string(i) + ":r";
    ASSERT_EQ(stored_acl(text)->text(), text);
  }
}

}  // namespace
}  // namespace sluice::catalogue
