// SPDX-License-Identifier: Apache-2.0
// kXR_dirlist: page by page, so that memory is bounded whatever the number of entries.
#include "base/offload.h"
#include "door/requests.h"
#include "xroot/dirlist_text.h"
#include "xroot/server/standard_answers.h"

namespace sluice::door {
namespace {

constexpr std::size_t page_size = 500;  // entries; their text is about 64 KiB with stat

struct Listing {
  Target target;
  xroot::DirlistFlags flags;
  std::string type;  // of checksums, when they are wanted
  xroot::DirlistWriter text;
  std::string last = {};  // name
};

Result<std::unique_ptr<Listing>> open_listing(DoorService& service,
                                              const xroot::server::Caller& caller,
                                              const xroot::Dirlist& request) {
  SLUICE_TRY(Target target, find(service, caller, request.path, Activity::list));
  if (!target.entry().is_directory()) return fail(Errc::not_file, target.path);
  std::string type;
  if (request.flags.with_checksum) {
    SLUICE_TRY(type, xroot::server::checksum_type_of(target.opaque));
  }
  return std::make_unique<Listing>(Listing{std::move(target), request.flags, std::move(type),
                                           xroot::DirlistWriter(request.flags.with_stat)});
}

// The directory as one that was passed, for the rights of what is in it.
catalogue::Walk inside(const Target& target) {
  catalogue::Walk walk;
  walk.passed = target.walk.passed;
  walk.passed.push_back(catalogue::passed_of(target.entry()));
  return walk;
}

void add_entry(const DoorService& service, Listing& listing, catalogue::Walk& walk,
               catalogue::Entry entry) {
  if (!listing.flags.with_stat) {
    listing.text.add(entry.name);
    return;
  }
  std::string checksum;
  if (listing.flags.with_checksum) {
    auto known = entry.checksums.find(listing.type);
    checksum = listing.type + ":" + (known != entry.checksums.end() ? known->second : "none");
  }
  std::string name = entry.name;
  walk.entry = std::move(entry);
  xroot::FileStat wire = to_wire(service, *listing.target.who, walk, listing.target.path);
  listing.text.add(name, &wire, checksum);
}

Result<bool> read_page(DoorService& service, Listing& listing) {
  SLUICE_TRY(auto page,
             service.catalogue.names().list(listing.target.entry().id, listing.last, page_size));
  catalogue::Walk walk = inside(listing.target);
  if (!page.entries.empty()) listing.last = page.entries.back().name;
  for (catalogue::Entry& entry : page.entries) add_entry(service, listing, walk, std::move(entry));
  return !page.is_last;
}

}  // namespace

Task<Reply> dirlist(DoorService& service, Answer answer, xroot::Dirlist request) {
  std::unique_ptr<Listing> listing;
  for (;;) {
    SLUICE_CO_TRY(bool more, co_await offload(service.blocking, [&]() -> Result<bool> {
                    if (!listing) {
                      SLUICE_TRY(listing, open_listing(service, *answer.call.caller, request));
                    }
                    return read_page(service, *listing);
                  }));
    if (!more) break;
    std::vector<std::byte> part;
    listing->text.take_part(part);
    SLUICE_CO_CHECK(co_await answer.part(std::move(part)));
  }
  Reply reply;
  listing->text.finish(reply.body);
  co_return reply;
}

}  // namespace sluice::door
