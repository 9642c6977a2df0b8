// SPDX-License-Identifier: Apache-2.0
// kXR_clone: the handles of the sources are looked up on the loop, the copying is done elsewhere.
#include "base/offload.h"
#include "disk/clone.h"
#include "disk/data_requests.h"
#include "xroot/server/session.h"

namespace sluice::disk {
namespace {

struct Copy {
  std::shared_ptr<OpenFile> source;
  CloneRange range;
};

asio::awaitable<Status> clone_all(Service* service, Exchange exchange, std::vector<Copy> copies) {
  auto target = std::static_pointer_cast<OpenFile>(exchange.file);
  Status done = co_await offload(service->blocking, [&]() -> Status {
    for (const Copy& copy : copies) SLUICE_CHECK(clone_range(*copy.source, *target, copy.range));
    return {};
  });
  if (done) {
    exchange.ok();
  } else {
    exchange.error(done.error());
  }
  co_return Status{};
}

}  // namespace

Flow clone(Service& service, Exchange exchange, const xroot::Clone& request) {
  if (!exchange.file) return exchange.failed(Errc::not_open, "the target is not an open file");
  std::vector<Copy> copies;
  for (const xroot::CloneRange& range : request.ranges) {
    auto source = std::static_pointer_cast<OpenFile>(exchange.session->file(range.source_handle));
    if (!source) return exchange.failed(Errc::not_open, "a source is not an open file");
    copies.push_back({std::move(source), {range.source_offset, range.length, range.target_offset}});
  }
  return clone_all(&service, std::move(exchange), std::move(copies));
}

}  // namespace sluice::disk
