// SPDX-License-Identifier: Apache-2.0
#include "disk/attributes.h"

#include "disk/beneath.h"
#include "disk/checksums.h"

#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>

namespace sluice::disk {
namespace {

constexpr std::string_view name_space = "user.U.";

Result<std::string> kernel_name(std::string_view name) {
  if (name.empty()) return fail(Errc::missing_argument, "an attribute needs a name");
  if (name.size() > max_attribute_name)
    return fail(Errc::too_long, "attribute name is longer than 248 bytes");
  if (name.find('\0') != std::string_view::npos)
    return fail(Errc::invalid_argument, "attribute name contains NUL");
  return std::string(name_space).append(name);
}

tl::unexpected<Error> attribute_error(int number, const std::string& object,
                                      std::string_view name) {
  std::string what = object + ": attribute " + std::string(name);
  if (number == E2BIG || number == ERANGE) return fail(Errc::too_long, std::move(what));
  if (number == ENOSPC)
    return fail(Errc::no_space, what + ": the file system keeps no more than this");
  return fail_errno(number, what);
}

}  // namespace

Result<Attributes> Attributes::of(FileTree& tree, const LogicalPath& path) {
  SLUICE_TRY(Fd file, tree.open_path(path, 0));
  int fd = file.get();
  return Attributes(tree, std::move(file), fd, path.text());
}

Attributes::Attributes(FileTree& tree, Fd held, int fd, std::string object)
    : tree_(&tree),
      held_(std::move(held)),
      fd_(fd),
      target_(path_of_descriptor(fd)),
      object_(std::move(object)) {}

Attributes Attributes::of(FileTree& tree, int fd, std::string object) {
  return Attributes(tree, Fd(), fd, std::move(object));
}

template <class Change>
Status Attributes::change(std::string_view name, Change change) {
  SLUICE_CHECK(tree_->check_writable());
  SLUICE_TRY(std::string full, kernel_name(name));
  // An attribute changes the change time, which stored checksums hang on.
  Fd file = reopen_for_reading(fd_);
  StoredChecksums stored;
  if (file) {
    SLUICE_TRY(FileStat stat, stat_fd(file.get(), object_));
    stored = StoredChecksums::of_fd(file.get(), stat);
  }
  if (change(full.c_str()) != 0) return attribute_error(errno, object_, name);
  stored.renew(file.get());
  return {};
}

Status Attributes::set(std::string_view name, std::string_view value, bool must_be_new) {
  if (value.size() > max_attribute_value)
    return fail(Errc::too_long, "attribute value is longer than 65536 bytes");
  return change(name, [&](const char* full) {
    return ::setxattr(target_.c_str(), full, value.data(), value.size(),
                      must_be_new ? XATTR_CREATE : 0);
  });
}

Status Attributes::remove(std::string_view name) {
  return change(name, [&](const char* full) { return ::removexattr(target_.c_str(), full); });
}

Result<std::string> Attributes::get(std::string_view name) const {
  SLUICE_TRY(std::string full, kernel_name(name));
  std::string value(256, '\0');
  for (;;) {
    ssize_t size = ::getxattr(target_.c_str(), full.c_str(), value.data(), value.size());
    if (size >= 0) {
      value.resize(static_cast<std::size_t>(size));
      return value;
    }
    if (errno != ERANGE || value.size() >= max_attribute_value)
      return attribute_error(errno, object_, name);
    value.resize(max_attribute_value);
  }
}

Result<std::vector<Attribute>> Attributes::list(bool with_values) const {
  constexpr std::size_t kernel_limit = 65536;  // XATTR_LIST_MAX
  std::string names(kernel_limit, '\0');
  ssize_t size = ::listxattr(target_.c_str(), names.data(), names.size());
  if (size < 0) return attribute_error(errno, object_, "list");
  names.resize(static_cast<std::size_t>(size));
  std::vector<Attribute> found;
  for (std::string_view rest = names; !rest.empty();) {
    std::string_view name = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if (name.starts_with(name_space))
      found.push_back({std::string(name.substr(name_space.size())), {}});
  }
  std::ranges::sort(found, {}, &Attribute::name);
  if (!with_values) return found;
  for (Attribute& attribute : found) {
    auto value = get(attribute.name);
    if (value) attribute.value = std::move(*value);
  }
  return found;
}

}  // namespace sluice::disk
