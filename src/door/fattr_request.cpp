// SPDX-License-Identifier: Apache-2.0
#include "catalogue/wire/attribute_answers.h"
#include "door/requests.h"

namespace sluice::door {

Result<Reply> fattr(DoorService& service, const Call& call, const xroot::Fattr& request) {
  if (request.path.empty()) return fail(Errc::not_open, "the handle is not that of an open file");
  Activity activity =
      catalogue::changes_attributes(request) ? Activity::update_meta : Activity::read_meta;
  SLUICE_TRY(Target target, find(service, *call.caller, request.path, activity));
  return catalogue::answer_fattr(service.catalogue.attributes(), target.entry().id, request);
}

}  // namespace sluice::door
