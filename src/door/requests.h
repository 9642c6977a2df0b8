// SPDX-License-Identifier: Apache-2.0
// The handlers of a door and their table.
#pragma once

#include "door/door_service.h"
#include "xroot/requests/all.h"
#include "xroot/server/handler.h"

namespace sluice::door {

using xroot::server::Answer;
using xroot::server::Call;
using xroot::server::Reply;

const xroot::server::RequestTable& door_requests();

// open_request.cpp
Task<Reply> open(DoorService& service, Answer answer, xroot::Open request);
std::optional<Result<Reply>> quick_open(DoorService& service, const Call& call,
                                        const xroot::Open& request);
// name_requests.cpp
Result<Reply> stat(DoorService& service, const Call& call, const xroot::Stat& request);
std::optional<Result<Reply>> quick_stat(DoorService& service, const Call& call,
                                        const xroot::Stat& request);
Result<Reply> statx(DoorService& service, const Call& call, const xroot::Statx& request);
Result<Reply> locate(DoorService& service, const Call& call, const xroot::Locate& request);
Result<Reply> prepare(DoorService& service, const Call& call, const xroot::Prepare& request);
// change_requests.cpp
Result<Reply> mkdir(DoorService& service, const Call& call, const xroot::Mkdir& request);
Result<Reply> rm(DoorService& service, const Call& call, const xroot::Rm& request);
Result<Reply> rmdir(DoorService& service, const Call& call, const xroot::Rmdir& request);
Result<Reply> mv(DoorService& service, const Call& call, const xroot::Mv& request);
Result<Reply> chmod(DoorService& service, const Call& call, const xroot::Chmod& request);
Result<Reply> truncate(DoorService& service, const Call& call, const xroot::Truncate& request);
// fattr_request.cpp
Result<Reply> fattr(DoorService& service, const Call& call, const xroot::Fattr& request);
// dirlist_request.cpp
Task<Reply> dirlist(DoorService& service, Answer answer, xroot::Dirlist request);
// query_request.cpp
Task<Reply> query(DoorService& service, Answer answer, xroot::Query request);

}  // namespace sluice::door
