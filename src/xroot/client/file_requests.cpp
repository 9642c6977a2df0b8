// SPDX-License-Identifier: Apache-2.0
// Opening and closing a file, and the requests with its handle that are answered with nothing or
// with text.
#include "xroot/client/file.h"
#include "xroot/requests/fattr.h"
#include "xroot/requests/query.h"
#include "xroot/requests/stat.h"
#include "xroot/requests/sync.h"
#include "xroot/requests/truncate.h"

namespace sluice::xroot::client {
namespace {

using FileState = std::shared_ptr<File::State>;
using Encode = std::function<EncodedRequest(std::uint32_t handle)>;

Task<std::vector<std::byte>> ask_file(FileState file, Encode encode, bool is_slow = false) {
  TextSink sink(file->client().options().limits.metadata_bytes);
  Transfer one;
  one.sink = &sink;
  one.is_data = false;
  one.is_slow = is_slow;
  one.encode = [&encode](std::uint32_t handle, std::uint8_t) { return encode(handle); };
  SLUICE_CO_CHECK(co_await file->transfer(&one));
  co_return std::vector<std::byte>(sink.bytes().begin(), sink.bytes().end());
}

Task<void> sync_file(FileState file) {
  SLUICE_CO_CHECK(
      co_await ask_file(file, [](std::uint32_t handle) { return Sync{handle}.encode(); }, true));
  co_return Status{};
}

Task<void> truncate_file(FileState file, std::uint64_t size) {
  auto encode = [size](std::uint32_t handle) { return Truncate{handle, size, {}}.encode(); };
  SLUICE_CO_CHECK(co_await ask_file(file, encode));
  file->forget_acknowledged(size);
  co_return Status{};
}

Task<FileInfo> stat_file(FileState file) {
  auto encode = [](std::uint32_t handle) {
    Stat request;
    request.handle = handle;
    return request.encode();
  };
  SLUICE_CO_TRY(auto body, co_await ask_file(file, encode));
  SLUICE_CO_TRY(FileStat stat, parse_stat(decode_text(body)));
  co_return to_info(stat);
}

Task<std::string> query_file(FileState file, QueryKind kind, std::string argument) {
  auto encode = [kind, argument = std::move(argument)](std::uint32_t handle) {
    return Query{kind, handle, argument}.encode();
  };
  SLUICE_CO_TRY(auto body, co_await ask_file(file, std::move(encode)));
  co_return std::string(decode_text(body));
}

Task<std::vector<Attribute>> fattr_file(FileState file, FattrCode code,
                                        std::vector<Attribute> attributes, bool must_be_new) {
  if (attributes.size() > Fattr::max_items)
    co_return fail(Errc::too_long, "more than 16 attributes");
  auto encode = [code, must_be_new, attributes = std::move(attributes)](std::uint32_t handle) {
    Fattr request;
    request.handle = handle;
    request.code = code;
    request.must_be_new = must_be_new;
    for (const Attribute& one : attributes)
      request.items.push_back({one.name, as_bytes(one.value)});
    return request.encode();
  };
  SLUICE_CO_TRY(auto body, co_await ask_file(file, std::move(encode)));
  co_return attributes_of(body, code == FattrCode::get);
}

Task<void> set_fattr_file(FileState file, std::vector<Attribute> attributes, bool must_be_new) {
  SLUICE_CO_CHECK(co_await fattr_file(file, FattrCode::set, std::move(attributes), must_be_new));
  co_return Status{};
}

Task<void> close_file(FileState file) { co_return co_await file->close(); }

Task<File> open_file(std::shared_ptr<Client::State> client, std::string url, OpenOptions options) {
  SLUICE_CO_TRY(Url parsed, parse_remote(url));
  auto file = std::make_shared<File::State>(std::move(client), std::move(parsed), options);
  SLUICE_CO_CHECK(co_await file->open());
  co_return File(std::move(file));
}

}  // namespace

Task<File> Client::open(std::string url, OpenOptions options) {
  return open_file(state_, std::move(url), options);
}

File::File(std::shared_ptr<State> state) : state_(std::move(state)) {}
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;
File::~File() = default;

Task<void> File::sync() { return sync_file(state_); }
Task<void> File::truncate(std::uint64_t size) { return truncate_file(state_, size); }
Task<FileInfo> File::stat() { return stat_file(state_); }
Task<std::string> File::query(QueryKind kind, std::string argument) {
  return query_file(state_, kind, std::move(argument));
}
Task<std::vector<Attribute>> File::get_attributes(std::vector<std::string> names) {
  std::vector<Attribute> attributes;
  for (std::string& name : names) attributes.push_back({std::move(name), {}});
  return fattr_file(state_, FattrCode::get, std::move(attributes), false);
}
Task<void> File::set_attributes(std::vector<Attribute> attributes, bool must_be_new) {
  return set_fattr_file(state_, std::move(attributes), must_be_new);
}
Task<void> File::close() { return close_file(state_); }

const std::optional<FileInfo>& File::info() const { return state_->info(); }
ServerInfo File::server() const { return state_->server(); }
bool File::has_pages() const { return state_->has_pages(); }

}  // namespace sluice::xroot::client
