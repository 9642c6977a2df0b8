// SPDX-License-Identifier: Apache-2.0
// The xroot service of a door: names from the catalogue, data from pools by redirect.
#pragma once

#include "base/account_names.h"
#include "capability/key_ring.h"
#include "catalogue/api.h"
#include "door/config.h"
#include "door/hot_files.h"
#include "door/pool_board.h"
#include "door/rights.h"
#include "door/selection.h"
#include "tpc/source.h"
#include "xroot/client/api.h"
#include "xroot/server/authorization.h"
#include "xroot/server/service.h"
#include "xroot/stat_text.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::door {

// What a door is made of; all of it outlives the service.
struct DoorParts {
  catalogue::Catalogue* catalogue = nullptr;
  const capability::KeyRing* keys = nullptr;
  const PoolBoard* pools = nullptr;
  HotFiles* hot = nullptr;
  tpc::TpcConfig copying = {};
};

class DoorService final : public xroot::server::Service {
 public:
  DoorService(xroot::server::ServerConfig settings, DoorConfig config, Selection selection,
              DoorParts parts, Metrics& metrics, BlockingPool& blocking);

  std::uint32_t protocol_flags() const override;
  std::int32_t kind() const override { return 0; }
  std::string_view role() const override { return "door"; }
  // A catalogue may make anybody wait.
  bool metadata_inline() const override { return false; }

  catalogue::Catalogue& catalogue;
  const capability::KeyRing& keys;
  const PoolBoard& pools;
  HotFiles& hot;
  const DoorConfig settings;
  const Selection selection;
  const AccountNames accounts;
  tpc::Source copies;                      // by third parties
  xroot::client::TlsUpgrade tls_to_pools;  // for those that do not answer in clear
};

// A path of a request that was allowed so far, and what the catalogue has there.
struct Target : xroot::server::Asked {
  catalogue::Walk walk;

  const catalogue::Entry& entry() const { return *walk.entry; }
  catalogue::FileId parent() const { return walk.passed.back().id; }
};

// The walk to a path, with the rights that `activity` needs. Whether it is there is the caller's question.
Result<Target> walk_to(DoorService& service, const xroot::server::Caller& caller,
                       std::string_view wire, Activity activity,
                       catalogue::LastLink last = catalogue::LastLink::followed);
// The same for what must be there: else Errc::not_found.
Result<Target> find(DoorService& service, const xroot::server::Caller& caller,
                    std::string_view wire, Activity activity,
                    catalogue::LastLink last = catalogue::LastLink::followed);
// The same of somebody who needs no token of its own for that.
Result<Target> find_by_login(DoorService& service, const xroot::server::Caller& caller,
                             std::string_view wire, Activity activity);

// For one more activity than the one that the walk was for.
Status check_also(const DoorService& service, const xroot::server::Caller& caller,
                  const Target& target, Activity activity);

// What shall only be looked at, and where its bytes are.
struct LocatedTarget {
  Target target;
  std::vector<catalogue::Replica> replicas;
};
// Errors: not_found, and what the rights say.
Result<LocatedTarget> look_up(DoorService& service, const xroot::server::Caller& caller,
                              std::string_view wire, Activity activity);
// The same of a file to be read; a directory is Errc::is_directory.
Result<LocatedTarget> locate_file(DoorService& service, const xroot::server::Caller& caller,
                                  std::string_view wire);
// The same for whom it was decided who asks and for what.
Result<LocatedTarget> locate_file(DoorService& service, const xroot::server::Caller& caller,
                                  xroot::server::Asked asked);
// The same from what is kept in memory; nothing if that does not tell, or if the answer is an error. Never waits.
std::optional<LocatedTarget> recall(DoorService& service, const xroot::server::Caller& caller,
                                    std::string_view wire, Activity activity);

// The flags say what this principal may do.
xroot::FileStat to_wire(const DoorService& service, const Principal& who,
                        const catalogue::Walk& walk, std::string_view path);

}  // namespace sluice::door
