// SPDX-License-Identifier: Apache-2.0
#include "catalogue/marks.h"

namespace sluice::catalogue {
namespace {

// The finish of splitmix64: every bit of the result depends on every bit of the number.
constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace

Mark mark_of(FileId entry) { return mix(static_cast<std::uint64_t>(entry.number)); }

// FNV-1a over the name, from a start that depends on the directory.
Mark mark_of(FileId directory, std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325 ^ mix(~static_cast<std::uint64_t>(directory.number));
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return mix(hash);
}

}  // namespace sluice::catalogue
