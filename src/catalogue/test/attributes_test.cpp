// SPDX-License-Identifier: Apache-2.0
#include "catalogue/attributes.h"

#include "catalogue/test/fixture.h"

namespace sluice::catalogue {
namespace {

class AttributesTest : public CatalogueTest {
 protected:
  Attributes& attributes = catalogue->attributes();
  Entry d = directory("/d");
};
INSTANTIATE_TEST_SUITE_P(Engines, AttributesTest, both_engines, engine_name);

TEST_P(AttributesTest, SetGetListRemove) {
  const std::string bytes("\0\x01\xFF' OR 1", 10);
  ASSERT_TRUE(attributes.set(d.id, "b", "first", true));
  EXPECT_EQ(code_of(attributes.set(d.id, "b", "second", true)), Errc::exists);
  ASSERT_TRUE(attributes.set(d.id, "b", bytes, false));
  ASSERT_TRUE(attributes.set(d.id, "a", "", false));
  EXPECT_EQ(attributes.get(d.id, "b").value(), bytes);
  EXPECT_EQ(attributes.get(d.id, "a").value(), "");
  EXPECT_EQ(code_of(attributes.get(d.id, "c")), Errc::no_attribute);
  auto listed = attributes.list(d.id, true).value();
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].name, "a");
  EXPECT_EQ(listed[1].value, bytes);
  EXPECT_EQ(attributes.list(d.id, false).value()[1].value, "");
  ASSERT_TRUE(attributes.remove(d.id, "b"));
  EXPECT_EQ(code_of(attributes.remove(d.id, "b")), Errc::no_attribute);
}

TEST_P(AttributesTest, Limits) {
  EXPECT_EQ(code_of(attributes.set(d.id, std::string(249, 'n'), "", false)), Errc::too_long);
  EXPECT_TRUE(attributes.set(d.id, std::string(248, 'n'), std::string(65'536, '\xFE'), false));
  EXPECT_EQ(attributes.get(d.id, std::string(248, 'n')).value(), std::string(65'536, '\xFE'));
  EXPECT_EQ(code_of(attributes.set(d.id, "n", std::string(65'537, 'v'), false)), Errc::too_long);
  EXPECT_EQ(code_of(attributes.set(d.id, "", "", false)), Errc::invalid_argument);
  for (int i = 1; i < 256; ++i) ASSERT_TRUE(attributes.set(d.id, std::to_string(i), "", true));
  EXPECT_EQ(code_of(attributes.set(d.id, "one more", "", true)), Errc::too_long);
  EXPECT_EQ(code_of(attributes.get(d.id, "one more")), Errc::no_attribute);
  EXPECT_TRUE(attributes.set(d.id, "1", "still replaced", false));
}

TEST_P(AttributesTest, TheyGoWithTheirEntry) {
  ASSERT_TRUE(attributes.set(d.id, "a", "b", false));
  ASSERT_TRUE(names.remove_directory(root_directory, "d"));
  EXPECT_EQ(code_of(attributes.get(d.id, "a")), Errc::no_attribute);
  EXPECT_EQ(code_of(attributes.set(d.id, "a", "b", false)), Errc::not_found);
}

}  // namespace
}  // namespace sluice::catalogue
