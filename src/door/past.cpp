// SPDX-License-Identifier: Apache-2.0
#include "door/past.h"

#include "base/text.h"
#include "capability/capability.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace sluice::door {
namespace {

using capability::Operation;

// Only these say that this pool cannot serve the file; a connection that was lost says nothing.
bool cannot_serve(const xroot::Opaque& opaque) {
  constexpr std::array<std::string_view, 3> reasons{"enoent", "ioerr", xroot::tried_for_space};
  return std::ranges::any_of(reasons, [last = last_reason(opaque)](std::string_view reason) {
    return equal_ignoring_case(last, reason);
  });
}

}  // namespace

// The reason belongs to the last host of the list.
std::string_view last_reason(const xroot::Opaque& opaque) {
  return split(opaque.get("triedrc").value_or(""), ',').back();
}

Past past_of(const DoorService& service, const Target& target) {
  Past past;
  auto text = target.opaque.get(capability::cgi_key);
  if (!text) return past;
  auto old = capability::verify(*text, service.keys, static_cast<std::uint32_t>(::time(nullptr)));
  if (!old) return past;
  past.attempt = static_cast<std::uint8_t>(old->attempt + 1);
  if (old->operation == Operation::write) past.upload = old->file;
  past.excluded = std::move(old->excluded);
  if (!target.opaque.get("tried")) return past;
  if (!cannot_serve(target.opaque)) {
    past.avoided = old->pool;
  } else if (past.excluded.size() < capability::max_excluded) {
    past.excluded.push_back(old->pool);
  }
  return past;
}

}  // namespace sluice::door
