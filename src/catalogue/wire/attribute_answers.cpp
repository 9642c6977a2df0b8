// SPDX-License-Identifier: Apache-2.0
#include "catalogue/wire/attribute_answers.h"

#include "xroot/responses.h"

#include <deque>

namespace sluice::catalogue {
namespace {

using xroot::FattrCode;
using xroot::server::Reply;

Result<Reply> list(Attributes& attributes, FileId entry, bool with_values) {
  SLUICE_TRY(auto found, attributes.list(entry, with_values));
  xroot::AttributeList answer;
  for (const Attribute& attribute : found)
    answer.attributes.push_back({attribute.name, std::nullopt, as_bytes(attribute.value)});
  Reply reply;
  answer.encode(reply.body, with_values);
  return reply;
}

Status change(Attributes& attributes, FileId entry, const xroot::Fattr& request,
              const xroot::FattrItem& item) {
  if (request.code == FattrCode::remove) return attributes.remove(entry, item.name);
  return attributes.set(entry, item.name, as_text(item.value), request.must_be_new);
}

}  // namespace

bool changes_attributes(const xroot::Fattr& request) {
  return request.code == FattrCode::set || request.code == FattrCode::remove;
}

Result<Reply> answer_fattr(Attributes& attributes, FileId entry, const xroot::Fattr& request) {
  if (request.code == FattrCode::list) return list(attributes, entry, request.with_values);
  bool gets = request.code == FattrCode::get;
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
    } else if (Status done = change(attributes, entry, request, item); !done) {
      result.error = done.error().code;
    }
    answer.results.push_back(result);
  }
  Reply reply;
  answer.encode(reply.body, gets);
  return reply;
}

}  // namespace sluice::catalogue
