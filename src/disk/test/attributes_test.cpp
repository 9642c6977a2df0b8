// SPDX-License-Identifier: Apache-2.0
#include "disk/attributes.h"

#include "disk/checksums.h"
#include "disk/test/scratch.h"

#include <sys/xattr.h>

namespace sluice::disk {
namespace {

class AttributesTest : public testing::Test {
 protected:
  AttributesTest() { Scratch::write(scratch / "f", "x"); }
  Attributes of(std::string_view name) { return Attributes::of(*tree, path(name)).value(); }
  std::vector<std::string> names(const Attributes& attributes) {
    std::vector<std::string> out;
    std::vector<Attribute> found = attributes.list(false).value();
    for (const Attribute& attribute : found) out.push_back(attribute.name);
    return out;
  }

  Scratch scratch;
  std::shared_ptr<FileTree> tree = scratch.tree();
};

TEST_F(AttributesTest, SetGetListRemove) {
  Attributes a = of("/f");
  EXPECT_EQ(code_of(a.get("color")), Errc::no_attribute);
  EXPECT_TRUE(a.set("size", std::string(1000, '\0'), false));
  EXPECT_TRUE(a.set("color", "blue", true));
  EXPECT_EQ(code_of(a.set("color", "red", true)), Errc::exists);
  EXPECT_TRUE(a.set("color", "green", false));
  EXPECT_TRUE(a.set("empty", "", false));
  EXPECT_EQ(a.get("color").value(), "green");
  EXPECT_EQ(a.get("size").value(), std::string(1000, '\0'));
  EXPECT_EQ(a.get("empty").value(), "");
  EXPECT_EQ(names(a), (std::vector<std::string>{"color", "empty", "size"}));
  EXPECT_EQ(a.list(true).value()[0].value, "green");
  EXPECT_TRUE(a.remove("color"));
  EXPECT_EQ(code_of(a.remove("color")), Errc::no_attribute);
}

TEST_F(AttributesTest, StoredAsStockServersDo) {
  ASSERT_TRUE(of("/f").set("color", "blue", false));
  char value[8] = {};
  EXPECT_EQ(::getxattr((scratch / "f").c_str(), "user.U.color", value, sizeof value), 4);
  EXPECT_STREQ(value, "blue");
}

TEST_F(AttributesTest, OtherAttributesAreOutOfReach) {
  ASSERT_EQ(::setxattr((scratch / "f").c_str(), "user.private", "1", 1, 0), 0);
  Attributes a = of("/f");
  EXPECT_TRUE(names(a).empty());
  EXPECT_EQ(code_of(a.get("private")), Errc::no_attribute);
  EXPECT_EQ(code_of(a.get("../private")), Errc::no_attribute);
}

TEST_F(AttributesTest, DirectoriesAndOpenFilesHaveThemToo) {
  fs::create_directory(scratch / "d");
  EXPECT_TRUE(of("/d").set("a", "1", false));
  EXPECT_EQ(of("/d").get("a").value(), "1");
  auto file = tree->open_file(path("/f"), {}).value();
  EXPECT_TRUE(Attributes::of(*tree, file->fd(), "/f").set("a", "2", false));
  EXPECT_EQ(of("/f").get("a").value(), "2");
}

TEST_F(AttributesTest, Limits) {
  Attributes a = of("/f");
  EXPECT_TRUE(a.set(std::string(max_attribute_name, 'n'), "1", false));
  EXPECT_EQ(code_of(a.set(std::string(max_attribute_name + 1, 'n'), "1", false)), Errc::too_long);
  EXPECT_EQ(code_of(a.set("a", std::string(max_attribute_value + 1, 'v'), false)), Errc::too_long);
  EXPECT_EQ(code_of(a.set("", "1", false)), Errc::missing_argument);
  EXPECT_EQ(code_of(Attributes::of(*tree, path("/none"))), Errc::not_found);
}

TEST_F(AttributesTest, LinksLeadNowhereElse) {
  fs::create_symlink("../outside/secret", scratch / "out");
  EXPECT_EQ(code_of(Attributes::of(*tree, path("/out"))), Errc::not_authorized);
}

TEST_F(AttributesTest, ReadOnly) {
  DiskConfig config = scratch.config();
  config.read_only = true;
  tree = Scratch::tree(config);
  EXPECT_EQ(code_of(of("/f").set("a", "1", false)), Errc::read_only);
  EXPECT_EQ(code_of(of("/f").remove("a")), Errc::read_only);
}

}  // namespace
}  // namespace sluice::disk
