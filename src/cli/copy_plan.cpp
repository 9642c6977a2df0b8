// SPDX-License-Identifier: Apache-2.0
#include "cli/copy_plan.h"

#include <fmt/format.h>

#include <set>

namespace sluice::cli {
namespace {

bool has_own_name(const Place& place) {
  std::string name = place.name();
  return !name.empty() && name != "." && name != "..";
}

// What the target is to the sources.
enum class TargetRole { copy_itself, directory, new_directory };

Result<TargetRole> role_of(const std::vector<CopySource>& sources, const CopyTarget& target,
                           CopyRules rules) {
  if (target.is_directory) return TargetRole::directory;
  bool one = sources.size() == 1;
  if (target.place.is_stream()) {
    if (one && !sources[0].is_directory) return TargetRole::copy_itself;
    return fail(Errc::usage, "standard output takes one file");
  }
  if (target.exists && (!one || sources[0].is_directory || target.place.has_trailing_slash())) {
    return fail(Errc::not_file,
                fmt::format("{} is a file; name a directory", target.place.shown()));
  }
  if (one && (sources[0].is_directory || !target.place.has_trailing_slash()))
    return TargetRole::copy_itself;
  if (rules.make_path) return TargetRole::new_directory;
  return fail(Errc::not_found, fmt::format("{} is no directory; make it first, or give --mkdir",
                                           target.place.shown()));
}

class Planner {
 public:
  Planner(const CopyTarget& target, TargetRole role, CopyRules rules)
      : target_(target.place), role_(role), rules_(rules) {}

  void add(const CopySource& source) {
    if (source.is_directory && !rules_.recursive) return refuse(source, Errc::is_directory, "");
    if (source.place.is_stream() && role_ != TargetRole::copy_itself) {
      return refuse(source, Errc::usage, "standard input has no name; name the target file");
    }
    if (source.is_directory) return add_directory(source);
    add_file(source.place, place_for(source.place), source.size);
  }

  CopyPlan take() { return std::move(plan_); }

 private:
  Place place_for(const Place& source) const {
    if (role_ == TargetRole::copy_itself || !has_own_name(source)) return target_;
    return target_.child(source.name());
  }

  void add_directory(const CopySource& source) {
    Place top = place_for(source.place);
    // A copy into itself would never end.
    if (source.place.server == top.server && source.place.kind == top.kind &&
        fmt::format("{}/", top.path).starts_with(source.place.child("").path + '/')) {
      return refuse(source, Errc::usage,
                    fmt::format("it would be copied into itself, {}", top.shown()));
    }
    plan_.directories.push_back(top);
    for (const TreeEntry& entry : source.tree) {
      if (entry.is_directory) {
        plan_.directories.push_back(top.child(entry.relative));
      } else {
        add_file(source.place.child(entry.relative), top.child(entry.relative), entry.size);
      }
    }
  }

  void add_file(const Place& source, const Place& target, std::optional<std::uint64_t> size) {
    if (source.kind == target.kind && !source.is_stream() && source.shown() == target.shown()) {
      return refuse({.place = source}, Errc::usage, "source and target are the same file");
    }
    if (!target.is_stream() && !taken_.insert(target.shown()).second) {
      return refuse(
          {.place = source}, Errc::exists,
          fmt::format("another source goes to {} already; copy them apart", target.shown()));
    }
    plan_.files.push_back({source, target, size});
  }

  void refuse(const CopySource& source, Errc code, std::string detail) {
    plan_.refused.emplace_back(source.place,
                               Error{code, std::move(detail), std::source_location::current()});
  }

  const Place target_;
  const TargetRole role_;
  const CopyRules rules_;
  std::set<std::string> taken_;
  CopyPlan plan_;
};

}  // namespace

Result<CopyPlan> plan_copy(const std::vector<CopySource>& sources, const CopyTarget& target,
                           CopyRules rules) {
  SLUICE_TRY(TargetRole role, role_of(sources, target, rules));
  Planner planner(target, role, rules);
  for (const CopySource& source : sources) planner.add(source);
  CopyPlan plan = planner.take();
  if (role == TargetRole::new_directory)
    plan.directories.insert(plan.directories.begin(), target.place);
  return plan;
}

}  // namespace sluice::cli
