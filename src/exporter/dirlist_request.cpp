// SPDX-License-Identifier: Apache-2.0
// kXR_dirlist. The directory is read page by page in the blocking pool and sent as it is read, so
// that a million entries need no more memory than a thousand.
#include "base/offload.h"
#include "disk/directory.h"
#include "disk/wire_forms.h"
#include "exporter/metadata_requests.h"
#include "xroot/dirlist_text.h"
#include "xroot/server/standard_answers.h"

namespace sluice::exporter {
namespace {

constexpr std::size_t part_size = 64 << 10;  // bytes of text that are sent as one part

struct Listing {
  Listing(DirectoryReader opened, xroot::DirlistFlags wanted, std::string checksum)
      : reader(std::move(opened)),
        flags(wanted),
        type(std::move(checksum)),
        text(wanted.with_stat) {}

  DirectoryReader reader;
  xroot::DirlistFlags flags;
  std::string type;  // of checksums, when they are wanted
  xroot::DirlistWriter text;
};

Result<std::unique_ptr<Listing>> open_listing(const ExportService& service, const Call& call,
                                              const xroot::Dirlist& request) {
  SLUICE_TRY(RequestPath target, allowed_path(service, *call.caller, request.path, Activity::list));
  std::string type;
  if (request.flags.with_checksum) {
    SLUICE_TRY(type, xroot::server::checksum_type_of(target.opaque));
  }
  SLUICE_TRY(DirectoryReader reader, DirectoryReader::open(*service.tree, target.path));
  return std::make_unique<Listing>(std::move(reader), request.flags, std::move(type));
}

void add_entry(const FileTree& tree, Listing& listing, std::string_view name) {
  if (!listing.flags.with_stat) {
    listing.text.add(name);
    return;
  }
  auto stat = listing.reader.stat(name);
  if (!stat) return;  // it was removed since the directory was read
  std::string checksum;
  if (listing.flags.with_checksum) {
    checksum =
        listing.type + ":" + listing.reader.checksum(name, *stat, listing.type).value_or("none");
  }
  xroot::FileStat wire = to_wire(tree, *stat);
  listing.text.add(name, &wire, checksum);
}

// Reads on until there is a part to send; false at the end of the directory.
Result<bool> read_part(const FileTree& tree, Listing& listing) {
  while (listing.text.size() < part_size) {
    SLUICE_TRY(std::vector<std::string_view> names, listing.reader.next_page());
    if (names.empty()) return false;
    for (std::string_view name : names) add_entry(tree, listing, name);
  }
  return true;
}

}  // namespace

Task<Reply> dirlist(ExportService& service, Answer answer, xroot::Dirlist request) {
  const FileTree& tree = *service.tree;
  std::unique_ptr<Listing> listing;
  bool more = true;
  while (more) {
    auto step = co_await offload(service.blocking, [&]() -> Result<bool> {
      if (!listing) {
        SLUICE_TRY(listing, open_listing(service, answer.call, request));
      }
      return read_part(tree, *listing);
    });
    SLUICE_CO_TRY(more, std::move(step));
    if (more) {
      std::vector<std::byte> part;
      listing->text.take_part(part);
      SLUICE_CO_CHECK(co_await answer.part(std::move(part)));
    }
  }
  Reply reply;
  listing->text.finish(reply.body);
  co_return reply;
}

}  // namespace sluice::exporter
