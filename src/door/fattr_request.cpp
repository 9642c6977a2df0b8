// SPDX-License-Identifier: Apache-2.0
// kXR_fattr. Each attribute has a result of its own: one that fails does not stop the others.
#include "door/requests.h"
#include "xroot/responses.h"

#include <deque>

namespace sluice::door {
namespace {

Result<Reply> list(catalogue::Attributes& attributes, catalogue::FileId entry, bool with_values) {
  SLUICE_TRY(auto found, attributes.list(entry, with_values));
  xroot::AttributeList answer;
  for (const catalogue::Attribute& attribute : found)
    answer.attributes.push_back({attribute.name, std::nullopt, as_bytes(attribute.value)});
  Reply reply;
  answer.encode(reply.body, with_values);
  return reply;
}

}  // namespace

Result<Reply> fattr(DoorService& service, const Call& call, const xroot::Fattr& request) {
  if (request.path.empty()) return fail(Errc::not_open, "the handle is not that of an open file");
  using enum xroot::FattrCode;
  bool gets = request.code == get;
  Activity activity =
      gets || request.code == xroot::FattrCode::list ? Activity::read_meta : Activity::update_meta;
  SLUICE_TRY(Target target, find(service, *call.caller, request.path, activity));
  auto& attributes = service.catalogue.attributes();
  catalogue::FileId entry = target.entry().id;
  if (request.code == xroot::FattrCode::list)
    return door::list(attributes, entry, request.with_values);
  xroot::AttributeAnswer answer;
  std::deque<std::string> values;  // the answer's views stay valid while it grows
  for (const xroot::FattrItem& item : request.items) {
    xroot::AttributeResult result{item.name, std::nullopt, {}};
    if (gets) {
      auto value = attributes.get(entry, item.name);
      if (value) {
        result.value = as_bytes(values.emplace_back(std::move(*value)));
      } else {
        result.error = value.error().code;
      }
    } else {
      Status done = request.code == remove ? attributes.remove(entry, item.name)
                                           : attributes.set(entry, item.name, as_text(item.value),
                                                            request.must_be_new);
      if (!done) result.error = done.error().code;
    }
    answer.results.push_back(result);
  }
  Reply reply;
  answer.encode(reply.body, gets);
  return reply;
}

}  // namespace sluice::door
