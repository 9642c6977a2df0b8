// SPDX-License-Identifier: Apache-2.0
// kXR_fattr. Each attribute has a result of its own: one that fails does not stop the others.
#include "disk/attributes.h"
#include "disk/open_file.h"
#include "disk/wire_forms.h"
#include "exporter/metadata_requests.h"
#include "xroot/responses.h"

#include <deque>

namespace sluice::exporter {
namespace {

Result<Attributes> attributes_of(ExportService& service, const Call& call,
                                 const xroot::Fattr& request) {
  const bool changes =
      request.code == xroot::FattrCode::set || request.code == xroot::FattrCode::remove;
  if (!request.path.empty()) {
    SLUICE_TRY(RequestPath target,
               allowed_path(service, *call.caller, request.path,
                            changes ? Activity::update_meta : Activity::read_meta));
    return Attributes::of(*service.tree, target.path);
  }
  SLUICE_TRY(auto file, open_file_of(call));
  if (changes && !file->is_writable()) {
    return fail(Errc::not_authorized, file->path() + " is open for reading only");
  }
  return Attributes::of(*service.tree, file->fd(), file->path());
}

Result<Reply> list(const Attributes& attributes, bool with_values) {
  SLUICE_TRY(std::vector<Attribute> found, attributes.list(with_values));
  xroot::AttributeList answer;
  for (const Attribute& attribute : found) {
    answer.attributes.push_back({attribute.name, std::nullopt, as_bytes(attribute.value)});
  }
  Reply reply;
  answer.encode(reply.body, with_values);
  return reply;
}

Status change(Attributes& attributes, const xroot::Fattr& request, const xroot::FattrItem& item) {
  if (request.code == xroot::FattrCode::remove) return attributes.remove(item.name);
  return attributes.set(item.name, as_text(item.value), request.must_be_new);
}

}  // namespace

Result<Reply> fattr(ExportService& service, const Call& call, const xroot::Fattr& request) {
  SLUICE_TRY(Attributes attributes, attributes_of(service, call, request));
  if (request.code == xroot::FattrCode::list) return list(attributes, request.with_values);
  bool gets = request.code == xroot::FattrCode::get;
  if (!gets) SLUICE_CHECK(service.tree->check_writable());
  xroot::AttributeAnswer answer;
  std::deque<std::string> values;  // the answer's views stay valid while it grows
  for (const xroot::FattrItem& item : request.items) {
    xroot::AttributeResult result{item.name, std::nullopt, {}};
    if (gets) {
      auto value = attributes.get(item.name);
      if (value) {
        result.value = as_bytes(values.emplace_back(std::move(*value)));
      } else {
        result.error = value.error().code;
      }
    } else if (Status done = change(attributes, request, item); !done) {
      result.error = done.error().code;
    }
    answer.results.push_back(result);
  }
  Reply reply;
  answer.encode(reply.body, gets);
  return reply;
}

}  // namespace sluice::exporter
