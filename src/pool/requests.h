// SPDX-License-Identifier: Apache-2.0
// The handlers of a pool besides those of data (disk/data_requests.h), and their table.
#pragma once

#include "pool/pool_service.h"
#include "xroot/requests/all.h"
#include "xroot/server/handler.h"

namespace sluice::pool {

using xroot::server::Answer;
using xroot::server::Call;
using xroot::server::Reply;

const xroot::server::RequestTable& pool_requests();

// open_request.cpp
Task<Reply> open(PoolService& service, Answer answer, xroot::Open request);
std::optional<Result<Reply>> quick_open(PoolService& service, const Call& call,
                                        const xroot::Open& request);
Result<Reply> close(PoolService& service, const Call& call, const xroot::Close& request);
// handle_requests.cpp: what may be asked of an open file; of a path only the door knows.
Result<Reply> stat(PoolService& service, const Call& call, const xroot::Stat& request);
Result<Reply> truncate(PoolService& service, const Call& call, const xroot::Truncate& request);
Task<Reply> fattr(PoolService& service, Answer answer, xroot::Fattr request);
Task<Reply> query(PoolService& service, Answer answer, xroot::Query request);

// Sends the client back to the door it came from; Errc::unsupported when it came from none.
Result<Reply> back_to_door(const xroot::server::Caller& caller);

}  // namespace sluice::pool
