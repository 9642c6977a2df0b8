// SPDX-License-Identifier: Apache-2.0
// What changes names: mkdir, rm, rmdir, mv, chmod; and truncate, which a store of whole files does not have.
#include "door/requests.h"

namespace sluice::door {
namespace {

using catalogue::EntryKind;
using catalogue::LastLink;
using catalogue::NewEntry;

constexpr std::uint32_t default_directory_mode = 0755;

NewEntry new_directory(const Target& target, std::uint32_t mode) {
  NewEntry entry;
  entry.mode = mode != 0 ? mode : default_directory_mode;
  const auto& parent = target.walk.passed.back();
  std::tie(entry.owner, entry.group) = target.who->owner_in(parent.owner, parent.group);
  return entry;
}

Status check_not_root(const Target& target) {
  if (!target.walk.passed.empty()) return {};
  return fail(Errc::not_authorized, "not possible with the root of the namespace");
}

}  // namespace

Result<Reply> mkdir(DoorService& service, const Call& call, const xroot::Mkdir& request) {
  SLUICE_TRY(Target target, walk_to(service, *call.caller, request.path, Activity::manage));
  auto& names = service.catalogue.names();
  if (target.walk.entry) {
    if (request.parents && target.entry().is_directory()) return Reply{};
    return fail(Errc::exists, target.path);
  }
  const auto& missing = target.walk.missing;
  if (missing.size() > 1 && !request.parents) return fail(Errc::not_found, target.path);
  NewEntry directory = new_directory(target, request.mode);
  if (request.parents) {
    SLUICE_CHECK(names.make_path(target.parent(), missing, directory));
  } else {
    SLUICE_CHECK(names.make_directory(target.parent(), missing.front(), directory));
  }
  return Reply{};
}

Result<Reply> rm(DoorService& service, const Call& call, const xroot::Rm& request) {
  SLUICE_TRY(Target target,
             find(service, *call.caller, request.path, Activity::remove, LastLink::itself));
  if (target.entry().is_directory()) return fail(Errc::is_directory, target.path);
  SLUICE_CHECK(service.catalogue.names().remove(target.parent(), target.entry().name));
  return Reply{};
}

Result<Reply> rmdir(DoorService& service, const Call& call, const xroot::Rmdir& request) {
  SLUICE_TRY(Target target,
             find(service, *call.caller, request.path, Activity::remove, LastLink::itself));
  SLUICE_CHECK(check_not_root(target));
  if (!target.entry().is_directory()) return fail(Errc::not_file, target.path);
  SLUICE_CHECK(service.catalogue.names().remove_directory(target.parent(), target.entry().name));
  return Reply{};
}

// Directories above the target are made, as stock servers do.
Result<Reply> mv(DoorService& service, const Call& call, const xroot::Mv& request) {
  SLUICE_TRY(Target from,
             find(service, *call.caller, request.source, Activity::remove, LastLink::itself));
  SLUICE_TRY(Target to,
             walk_to(service, *call.caller, request.target, Activity::move_to, LastLink::itself));
  SLUICE_CHECK(check_not_root(from));
  if (to.walk.entry) return fail(Errc::exists, to.path);
  auto& names = service.catalogue.names();
  catalogue::FileId directory = to.parent();
  auto above = to.walk.missing;
  std::string name = std::move(above.back());
  above.pop_back();
  if (!above.empty()) {
    SLUICE_TRY(auto made, names.make_path(directory, above, new_directory(to, 0)));
    directory = made.id;
  }
  SLUICE_CHECK(names.rename(from.parent(), from.entry().name, directory, name));
  return Reply{};
}

Result<Reply> chmod(DoorService& service, const Call& call, const xroot::Chmod& request) {
  SLUICE_TRY(Target target, find(service, *call.caller, request.path, Activity::update_meta));
  catalogue::Change change;
  change.mode = request.mode;
  SLUICE_CHECK(service.catalogue.names().change(target.entry().id, change));
  return Reply{};
}

Result<Reply> truncate(DoorService& service, const Call& call, const xroot::Truncate& request) {
  if (request.path.empty()) return fail(Errc::not_open, "the handle is not that of an open file");
  SLUICE_TRY(Target target, find(service, *call.caller, request.path, Activity::overwrite));
  return fail(Errc::unsupported, target.path + ": files are stored whole, write it again instead");
}

}  // namespace sluice::door
