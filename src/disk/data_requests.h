// SPDX-License-Identifier: Apache-2.0
// The handlers of the data path. Memory per request is bounded by the loop's buffers, whatever
// lengths a client asks for.
#pragma once

#include "disk/open_file.h"
#include "xroot/requests/all.h"
#include "xroot/server/handler.h"

namespace sluice::disk {

using xroot::server::Call;
using xroot::server::Exchange;
using xroot::server::Flow;
using xroot::server::Reply;
using xroot::server::Service;

// read.cpp
Flow read(Service& service, Exchange exchange, const xroot::Read& request);
// vector_read.cpp
Flow readv(Service& service, Exchange exchange, const xroot::Readv& request);
// page_read.cpp
Flow pgread(Service& service, Exchange exchange, const xroot::Pgread& request);
// write.cpp
Flow write(Service& service, Exchange exchange, const xroot::Write& request);
Flow writev(Service& service, Exchange exchange, const xroot::Writev& request);
Flow sync(Service& service, Exchange exchange, const xroot::Sync& request);
// page_write.cpp
Flow pgwrite(Service& service, Exchange exchange, const xroot::Pgwrite& request);

// checkpoint_request.cpp
Flow chkpoint(Service& service, Exchange exchange, const xroot::Chkpoint& request);
// clone_request.cpp
Flow clone(Service& service, Exchange exchange, const xroot::Clone& request);

// Errc::not_open when the server ended the file (FileWatch).
Status check_not_revoked(const OpenFile& file);

// The file of an exchange when it is open and readable (writable); else the error for the client.
Result<std::shared_ptr<OpenFile>> readable_file(const Exchange& exchange);
Result<std::shared_ptr<OpenFile>> writable_file(const Exchange& exchange);

}  // namespace sluice::disk
