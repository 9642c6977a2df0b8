// SPDX-License-Identifier: Apache-2.0
// What a request does, as far as rights are concerned: the word that token scopes, lists of paths and the namespace share.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace sluice::auth {

enum class Activity : std::uint8_t {
  read_meta,  // stat, locate, checksum, attributes
  list,
  download,
  upload,       // a new file
  overwrite,    // upload in the place of one
  manage,       // new directories
  move_to,      // the target of a move
  remove,       // of files and directories, the source of a move
  update_meta,  // mode, attributes
  stage,        // bring a file from tape, or let it go
};

constexpr std::string_view name_of(Activity activity) {
  constexpr std::array<std::string_view, 10> names{"read_meta",   "list",   "download", "upload",
                                                   "overwrite",   "manage", "move_to",  "remove",
                                                   "update_meta", "stage"};
  return names.at(static_cast<std::size_t>(activity));
}

// Everything but looking and listing, downloading and staging.
constexpr bool changes(Activity activity) {
  return activity >= Activity::upload && activity <= Activity::update_meta;
}

class Activities {
 public:
  constexpr Activities() = default;
  constexpr Activities(std::initializer_list<Activity> all) {
    for (Activity one : all) bits_ |= bit(one);
  }
  constexpr bool has(Activity activity) const { return (bits_ & bit(activity)) != 0; }
  constexpr bool operator==(const Activities&) const = default;

 private:
  static constexpr std::uint16_t bit(Activity activity) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(activity));
  }
  std::uint16_t bits_ = 0;
};

}  // namespace sluice::auth
