// SPDX-License-Identifier: Apache-2.0
// Extended attributes of clients. Name N is kept as "user.U.N", as stock servers keep it, so trees
// can be taken over; no other attribute of a file can be seen or changed. Blocks like every call on
// the tree.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "disk/file_tree.h"
#include "xroot/protocol.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::disk {

using xroot::max_attribute_name;   // user.U. + 248 fits the kernel's 255
using xroot::max_attribute_value;  // the kernel's limit too; ext4 allows less (one block)

struct Attribute {
  std::string name;
  std::string value;
};

// The attributes of one file.
class Attributes {
 public:
  // By path; links are followed within the tree.
  static Result<Attributes> of(FileTree& tree, const LogicalPath& path);
  // By open file, which must outlive this.
  static Attributes of(FileTree& tree, int fd, std::string object);

  // With `must_be_new` an existing attribute is Errc::exists.
  Status set(std::string_view name, std::string_view value, bool must_be_new);
  // A missing attribute is Errc::no_attribute, here and in remove().
  Result<std::string> get(std::string_view name) const;
  // In the order of their names; the values stay empty unless asked for.
  Result<std::vector<Attribute>> list(bool with_values) const;
  Status remove(std::string_view name);

 private:
  Attributes(FileTree& tree, Fd held, int fd, std::string object);
  template <class Change>
  Status change(std::string_view name, Change change);

  FileTree* tree_;
  Fd held_;             // of a file that was found by path
  int fd_;              // held_ or the descriptor of an open file
  std::string target_;  // path of fd_: O_PATH descriptors have no attributes, their path has
  std::string object_;
};

}  // namespace sluice::disk
