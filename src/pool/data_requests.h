// SPDX-License-Identifier: Apache-2.0
// The handlers of the data path. Memory per request is bounded by the loop's buffers, whatever
// lengths a client asks for.
#pragma once

#include "pool/export_service.h"
#include "xroot/requests/all.h"
#include "xroot/server/handler.h"

namespace sluice::pool {

using xroot::server::Call;
using xroot::server::Exchange;
using xroot::server::Flow;
using xroot::server::Reply;

// read.cpp
Flow read(ExportService& service, Exchange exchange, const xroot::Read& request);
// vector_read.cpp
Flow readv(ExportService& service, Exchange exchange, const xroot::Readv& request);
// page_read.cpp
Flow pgread(ExportService& service, Exchange exchange, const xroot::Pgread& request);
// write.cpp
Flow write(ExportService& service, Exchange exchange, const xroot::Write& request);
Flow writev(ExportService& service, Exchange exchange, const xroot::Writev& request);
Result<Reply> sync(ExportService& service, const Call& call, const xroot::Sync& request);
// page_write.cpp
Flow pgwrite(ExportService& service, Exchange exchange, const xroot::Pgwrite& request);

// The file of an exchange when it is open and readable (writable); else the error for the client.
Result<std::shared_ptr<OpenFile>> readable_file(const Exchange& exchange);
Result<std::shared_ptr<OpenFile>> writable_file(const Exchange& exchange);

}  // namespace sluice::pool
