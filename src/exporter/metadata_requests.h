// SPDX-License-Identifier: Apache-2.0
// The handlers of everything that is not bulk data: names, attributes, questions. They translate
// between the wire and FileTree, and decide nothing else than what allowed_path() decides.
#pragma once

#include "exporter/export_service.h"
#include "xroot/requests/all.h"
#include "xroot/server/handler.h"

namespace sluice::exporter {

using auth::Activity;
using xroot::server::Answer;
using xroot::server::Call;
using xroot::server::Exchange;
using xroot::server::Flow;
using xroot::server::Reply;

// stat_requests.cpp
Result<Reply> stat(ExportService& service, const Call& call, const xroot::Stat& request);
Result<Reply> statx(ExportService& service, const Call& call, const xroot::Statx& request);
// open_requests.cpp
Task<Reply> open(ExportService& service, Answer answer, xroot::Open request);
std::optional<Result<Reply>> quick_open(ExportService& service, const Call& call,
                                        const xroot::Open& request);
Result<Reply> close(ExportService& service, const Call& call, const xroot::Close& request);
// dirlist_request.cpp
Task<Reply> dirlist(ExportService& service, Answer answer, xroot::Dirlist request);
// change_requests.cpp
Result<Reply> mkdir(ExportService& service, const Call& call, const xroot::Mkdir& request);
Result<Reply> rm(ExportService& service, const Call& call, const xroot::Rm& request);
Result<Reply> rmdir(ExportService& service, const Call& call, const xroot::Rmdir& request);
Result<Reply> mv(ExportService& service, const Call& call, const xroot::Mv& request);
Result<Reply> chmod(ExportService& service, const Call& call, const xroot::Chmod& request);
Result<Reply> truncate(ExportService& service, const Call& call, const xroot::Truncate& request);
// fattr_request.cpp
Result<Reply> fattr(ExportService& service, const Call& call, const xroot::Fattr& request);
// query_request.cpp
Task<Reply> query(ExportService& service, Answer answer, xroot::Query request);
// locate_prepare.cpp
Result<Reply> locate(ExportService& service, const Call& call, const xroot::Locate& request);
Result<Reply> prepare(ExportService& service, const Call& call, const xroot::Prepare& request);

}  // namespace sluice::exporter
