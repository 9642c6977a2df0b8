// SPDX-License-Identifier: Apache-2.0
// Every request of protocol 5.2 as one type list: names, metrics, documentation and fuzz seeds
// follow from it.
#pragma once

#include "xroot/requests/auth.h"
#include "xroot/requests/bind.h"
#include "xroot/requests/chkpoint.h"
#include "xroot/requests/chmod.h"
#include "xroot/requests/clone.h"
#include "xroot/requests/close.h"
#include "xroot/requests/dirlist.h"
#include "xroot/requests/endsess.h"
#include "xroot/requests/fattr.h"
#include "xroot/requests/gpfile.h"
#include "xroot/requests/locate.h"
#include "xroot/requests/login.h"
#include "xroot/requests/mkdir.h"
#include "xroot/requests/mv.h"
#include "xroot/requests/open.h"
#include "xroot/requests/pgread.h"
#include "xroot/requests/pgwrite.h"
#include "xroot/requests/ping.h"
#include "xroot/requests/prepare.h"
#include "xroot/requests/protocol.h"
#include "xroot/requests/query.h"
#include "xroot/requests/read.h"
#include "xroot/requests/readv.h"
#include "xroot/requests/rm.h"
#include "xroot/requests/rmdir.h"
#include "xroot/requests/set.h"
#include "xroot/requests/sigver.h"
#include "xroot/requests/stat.h"
#include "xroot/requests/statx.h"
#include "xroot/requests/sync.h"
#include "xroot/requests/truncate.h"
#include "xroot/requests/write.h"
#include "xroot/requests/writev.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::xroot {

template <class... R>
struct RequestList {
  static constexpr std::size_t size = sizeof...(R);

  // Calls visit.template operator()<Request>() for each request, in the order of their numbers.
  template <class Visit>
  static constexpr void each(Visit&& visit) {
    (visit.template operator()<R>(), ...);
  }

  // The same for the one request with this number; false when there is none.
  template <class Visit>
  static constexpr bool with(std::uint16_t id, Visit&& visit) {
    return ((R::id == id && (visit.template operator()<R>(), true)) || ...);
  }

  static constexpr std::array<std::uint16_t, size> ids = {R::id...};
  static constexpr std::array<std::string_view, size> names = {R::name...};
};

// In the order of their numbers, without a gap: index = id - first_request_id.
using AllRequests =
    RequestList<Auth, Query, Chmod, Close, Dirlist, Gpfile, Protocol, Login, Mkdir, Mv, Open, Ping,
                Chkpoint, Read, Rm, Rmdir, Sync, Stat, Set, Write, Fattr, Prepare, Statx, Endsess,
                Bind, Readv, Pgwrite, Locate, Truncate, Sigver, Pgread, Writev, Clone>;

inline constexpr std::uint16_t first_request_id = AllRequests::ids.front();
inline constexpr std::uint16_t last_request_id = AllRequests::ids.back();

consteval bool request_ids_have_no_gap() {
  for (std::size_t i = 0; i < AllRequests::size; ++i) {
    if (AllRequests::ids[i] != first_request_id + i) return false;
  }
  return true;
}
static_assert(request_ids_have_no_gap());

// "open", "pgread", ...; "unknown" for a number that is none.
constexpr std::string_view request_name(std::uint16_t id) {
  if (id < first_request_id || id > last_request_id) return "unknown";
  return AllRequests::names[static_cast<std::size_t>(id - first_request_id)];
}

}  // namespace sluice::xroot
