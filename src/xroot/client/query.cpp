// SPDX-License-Identifier: Apache-2.0
// Everything behind kXR_query and kXR_prepare, and the user attributes of kXR_fattr.
#include "xroot/requests/query.h"

#include "xroot/client/client.h"
#include "xroot/opaque.h"
#include "xroot/requests/fattr.h"
#include "xroot/requests/prepare.h"

#include <algorithm>

namespace sluice::xroot::client {
namespace {

using State = Client::State;

bool is_about_path(QueryKind kind) {
  switch (kind) {
    case QueryKind::checksum:
    case QueryKind::checksum_cancel:
    case QueryKind::xattr:
    case QueryKind::space:
    case QueryKind::opaque_file:
      return true;
    default:
      return false;
  }
}

Task<std::string> ask_query(std::shared_ptr<State> state, std::string url, QueryKind kind,
                            std::string argument) {
  SLUICE_CO_TRY(Url parsed, parse_remote(url));
  auto encode = [kind, argument = std::move(argument)](std::string_view path) {
    bool takes_path = argument.empty() && is_about_path(kind);
    return Query{kind, 0, takes_path ? path : std::string_view(argument)}.encode();
  };
  bool is_repeatable = kind != QueryKind::opaque && kind != QueryKind::opaque_file;
  bool is_slow = kind == QueryKind::checksum;
  co_return co_await state->ask(
      {Course(std::move(parsed)), std::move(encode), is_repeatable, is_slow, {}});
}

// The value of a key that one line of the answer has: "key=value" from some servers, else the value
// alone.
std::string config_value(std::string_view line, std::string_view key) {
  if (line.starts_with(key) && line.substr(key.size()).starts_with("="))
    line.remove_prefix(key.size() + 1);
  return std::string(line);
}

Task<std::vector<std::string>> ask_config(std::shared_ptr<State> state, std::string url,
                                          std::vector<std::string> keys) {
  std::string argument;
  for (const std::string& key : keys) argument += (argument.empty() ? "" : " ") + key;
  SLUICE_CO_TRY(std::string text,
                co_await ask_query(std::move(state), std::move(url), QueryKind::config, argument));
  SLUICE_CO_TRY(auto answer, ConfigAnswer::decode(as_bytes(text)));
  if (answer.values.size() < keys.size()) {
    co_return fail(Errc::protocol, "the server answered " + std::to_string(answer.values.size()) +
                                       " of " + std::to_string(keys.size()) +
                                       " configuration keys");
  }
  std::vector<std::string> values;
  for (std::size_t i = 0; i < keys.size(); ++i)
    values.push_back(config_value(answer.values[i], keys[i]));
  co_return values;
}

Task<Checksum> ask_checksum(std::shared_ptr<State> state, std::string url, std::string type) {
  if (!type.empty())
    url += (url.find('?') == std::string::npos ? "?cks.type=" : "&cks.type=") + type;
  SLUICE_CO_TRY(std::string text,
                co_await ask_query(std::move(state), std::move(url), QueryKind::checksum, {}));
  SLUICE_CO_TRY(auto answer, ChecksumAnswer::decode(as_bytes(text)));
  if (!type.empty() && answer.type != type) {
    co_return fail(Errc::unsupported, "the server has no " + type + " but offers " +
                                          std::string(answer.type.substr(0, 32)));
  }
  co_return Checksum{std::string(answer.type), std::string(answer.value)};
}

Task<SpaceInfo> ask_space(std::shared_ptr<State> state, std::string url) {
  SLUICE_CO_TRY(std::string text,
                co_await ask_query(std::move(state), std::move(url), QueryKind::space, {}));
  SLUICE_CO_TRY(auto answer, SpaceAnswer::decode(as_bytes(text)));
  co_return SpaceInfo{std::string(answer.group), answer.total, answer.free,
                      answer.largest_free,       answer.used,  answer.quota};
}

Task<std::string> ask_prepare(std::shared_ptr<State> state, std::string url,
                              std::vector<std::string> paths, PrepareOptions options) {
  SLUICE_CO_TRY(Url parsed, parse_remote(url));
  std::string lines;
  for (const std::string& path : paths) {
    if (path.empty() || path.find('\n') != std::string::npos) {
      co_return fail(Errc::invalid_argument, "a path of prepare is empty or has a line break");
    }
    lines += (lines.empty() ? "" : "\n") + path;
  }
  if (lines.size() > Prepare::max_payload)
    co_return fail(Errc::too_long, "too many paths in one prepare");
  auto encode = [options, lines = std::move(lines)](std::string_view) {
    Prepare request;
    request.flags.cancel = options.cancel;
    request.flags.no_errors = options.no_errors;
    request.flags.stage = options.stage;
    request.flags.for_writing = options.write_mode;
    request.flags.colocate = options.colocate;
    request.flags.fresh = options.fresh;
    request.flags.evict = options.evict;
    request.priority = options.priority;
    request.paths = Lines(lines);
    return request.encode();
  };
  co_return co_await state->ask({Course(std::move(parsed)), std::move(encode), true, true, {}});
}

// One request on the attributes of a path; `names` and `values` live as long as the operation.
Task<std::vector<std::byte>> ask_fattr(std::shared_ptr<State> state, std::string url,
                                       FattrCode code, std::vector<Attribute> attributes,
                                       bool flag) {
  SLUICE_CO_TRY(Url parsed, parse_remote(url));
  if (attributes.size() > Fattr::max_items)
    co_return fail(Errc::too_long, "more than 16 attributes");
  auto encode = [code, flag, attributes = std::move(attributes)](std::string_view path) {
    Fattr request;
    request.code = code;
    request.must_be_new = code == FattrCode::set && flag;
    request.with_values = code == FattrCode::list && flag;
    request.path = path;
    for (const Attribute& one : attributes)
      request.items.push_back({one.name, as_bytes(one.value)});
    return request.encode();
  };
  bool is_repeatable = code != FattrCode::remove && !(code == FattrCode::set && flag);
  TextSink sink(state->options().limits.metadata_bytes);
  Operation operation{Course(std::move(parsed)), std::move(encode), is_repeatable, false, {}};
  SLUICE_CO_CHECK(co_await state->perform(std::move(operation), &sink));
  co_return std::vector<std::byte>(sink.bytes().begin(), sink.bytes().end());
}

std::string plain_attribute_name(std::string_view name) {
  // XRootD keeps user attributes under "U." and answers with these names.
  return std::string(name.starts_with("U.") ? name.substr(2) : name);
}

}  // namespace

Result<std::vector<Attribute>> attributes_of(ByteView body, bool with_values) {
  SLUICE_TRY(auto answer, AttributeAnswer::decode(body, with_values));
  std::vector<Attribute> attributes;
  for (const AttributeResult& one : answer.results) {
    if (one.error) return fail(*one.error, "attribute " + plain_attribute_name(one.name));
    attributes.push_back({plain_attribute_name(one.name), std::string(as_text(one.value))});
  }
  return attributes;
}

namespace {

std::vector<Attribute> with_names(std::vector<std::string> names) {
  std::vector<Attribute> attributes;
  for (std::string& name : names) attributes.push_back({std::move(name), {}});
  return attributes;
}

Task<std::vector<Attribute>> change_attributes(std::shared_ptr<State> state, std::string url,
                                               FattrCode code, std::vector<Attribute> attributes,
                                               bool flag) {
  SLUICE_CO_TRY(auto body, co_await ask_fattr(std::move(state), std::move(url), code,
                                              std::move(attributes), flag));
  co_return attributes_of(body, code == FattrCode::get);
}

Task<void> without_result(Task<std::vector<Attribute>> task) {
  SLUICE_CO_CHECK(co_await std::move(task));
  co_return Status{};
}

Task<std::vector<Attribute>> list_of_attributes(std::shared_ptr<State> state, std::string url,
                                                bool with_values) {
  SLUICE_CO_TRY(auto body, co_await ask_fattr(std::move(state), std::move(url), FattrCode::list, {},
                                              with_values));
  SLUICE_CO_TRY(auto list, AttributeList::decode(body, with_values));
  std::vector<Attribute> attributes;
  for (const AttributeResult& one : list.attributes) {
    attributes.push_back({plain_attribute_name(one.name), std::string(as_text(one.value))});
  }
  co_return attributes;
}

}  // namespace

Task<std::string> Client::query(std::string url, QueryKind kind, std::string argument) {
  return ask_query(state_, std::move(url), kind, std::move(argument));
}

Task<std::vector<std::string>> Client::query_config(std::string url,
                                                    std::vector<std::string> keys) {
  return ask_config(state_, std::move(url), std::move(keys));
}

Task<Checksum> Client::checksum(std::string url, std::string type) {
  return ask_checksum(state_, std::move(url), std::move(type));
}

Task<SpaceInfo> Client::space(std::string url) { return ask_space(state_, std::move(url)); }

Task<std::string> Client::prepare(std::string url, std::vector<std::string> paths,
                                  PrepareOptions options) {
  return ask_prepare(state_, std::move(url), std::move(paths), options);
}

Task<std::vector<Attribute>> Client::get_attributes(std::string url,
                                                    std::vector<std::string> names) {
  return change_attributes(state_, std::move(url), FattrCode::get, with_names(std::move(names)),
                           false);
}

Task<void> Client::set_attributes(std::string url, std::vector<Attribute> attributes,
                                  bool must_be_new) {
  return without_result(change_attributes(state_, std::move(url), FattrCode::set,
                                          std::move(attributes), must_be_new));
}

Task<void> Client::delete_attributes(std::string url, std::vector<std::string> names) {
  return without_result(change_attributes(state_, std::move(url), FattrCode::remove,
                                          with_names(std::move(names)), false));
}

Task<std::vector<Attribute>> Client::list_attributes(std::string url, bool with_values) {
  return list_of_attributes(state_, std::move(url), with_values);
}

}  // namespace sluice::xroot::client
