// SPDX-License-Identifier: Apache-2.0
// Every operation of the client against Debian's xrootd.
#include "base/checksum.h"
#include "xroot/client/test/real_xrootd.h"
#include "xroot/client/test/use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace sluice::xroot::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class Real : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (RealXrootd::is_installed()) server = new RealXrootd();
  }
  static void TearDownTestSuite() {
    delete server;
    server = nullptr;
  }
  void SetUp() override { ASSERT_NE(server, nullptr) << "package xrootd-server is not installed"; }

  static RealXrootd* server;
};
RealXrootd* Real::server = nullptr;

TEST_F(Real, TellsWhatItIs) {
  auto info = use([](Client& client) { return client.server(server->url()); });
  ASSERT_TRUE(succeeded(info));
  EXPECT_TRUE(info->is_data_server);
  EXPECT_TRUE(info->has_pages);
  EXPECT_GE(info->version, 0x0511U);
}

TEST_F(Real, Pings) {
  auto time = use([](Client& client) { return client.ping(server->url()); });
  ASSERT_TRUE(succeeded(time));
  EXPECT_GT(time->count(), 0);
}

TEST_F(Real, StatsFilesAndDirectories) {
  server->put("/stat/file", "hello\n");
  auto info = use([](Client& client) { return client.stat(server->url("/stat/file")); });
  ASSERT_TRUE(succeeded(info));
  EXPECT_EQ(info->size, 6U);
  EXPECT_FALSE(info->is_directory);
  EXPECT_TRUE(info->is_readable);
  EXPECT_GT(info->mtime, 1'500'000'000);

  auto folder = use([](Client& client) { return client.stat(server->url("/stat")); });
  ASSERT_TRUE(succeeded(folder));
  EXPECT_TRUE(folder->is_directory);

  auto missing = use([](Client& client) { return client.stat(server->url("/stat/none")); });
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
}

TEST_F(Real, TellsSpace) {
  auto vfs = use([](Client& client) { return client.statvfs(server->url("/")); });
  ASSERT_TRUE(succeeded(vfs));
  EXPECT_EQ(vfs->rw_nodes, 1U);
  auto space = use([](Client& client) { return client.space(server->url("/")); });
  ASSERT_TRUE(succeeded(space));
  EXPECT_GT(space->total, 0U);
}

TEST_F(Real, ListsWithAndWithoutInfo) {
  server->put("/list/a b", "1");
  server->put("/list/sub/x", "22");
  server->put("/list/\xc3\xa9", "333");
  auto names = use([](Client& client) { return client.list(server->url("/list")); });
  ASSERT_TRUE(succeeded(names));
  std::vector<std::string> found;
  for (const DirectoryEntry& entry : *names) {
    found.push_back(entry.name);
    EXPECT_FALSE(entry.info);
  }
  EXPECT_THAT(found, UnorderedElementsAre("a b", "sub", "\xc3\xa9"));

  // The server lists only checksums that it knows already.
  ASSERT_TRUE(succeeded(
      use([](Client& client) { return client.checksum(server->url("/list/a b"), "adler32"); })));
  ListOptions options;
  options.checksum = "adler32";
  auto with_info =
      use([options](Client& client) { return client.list(server->url("/list"), options); });
  ASSERT_TRUE(succeeded(with_info));
  for (const DirectoryEntry& entry : *with_info) {
    ASSERT_TRUE(entry.info) << entry.name;
    EXPECT_EQ(entry.info->is_directory, entry.name == "sub");
    if (entry.name == "a b") {
      EXPECT_EQ(entry.checksum, "adler32:00320032");
    }
  }
}

TEST_F(Real, ListsTenThousandEntries) {
  std::filesystem::create_directories(server->data() / "many");
  for (int i = 0; i < 10'000; ++i)
    std::ofstream(server->data() / "many" / ("entry-" + std::to_string(i)));
  server->put("/many/last", "x");
  ListOptions options;
  options.with_info = true;
  std::size_t count = 0;
  auto page = [&count](std::vector<DirectoryEntry> entries) -> Status {
    count += entries.size();
    return {};
  };
  auto status =
      use([&](Client& client) { return client.list(server->url("/many"), options, page); });
  ASSERT_TRUE(succeeded(status));
  EXPECT_EQ(count, 10'001U);
}

TEST_F(Real, EndsAListingWithTheErrorOfThePage) {
  server->put("/ended/file", "x");
  auto page = [](std::vector<DirectoryEntry>) -> Status { return fail(Errc::cancelled, "enough"); };
  auto status = use([&](Client& client) -> Task<void> {
    auto listed = co_await client.list(server->url("/ended"), {}, page);
    EXPECT_TRUE((co_await client.stat(server->url("/ended/file")))
                    .has_value());  // the connection is in order
    co_return listed;
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().detail, "enough");
}

Task<void> change_names(Client& client, RealXrootd* server) {
  SLUICE_CO_CHECK(co_await client.mkdir(server->url("/names")));
  SLUICE_CO_CHECK(co_await client.mkdir(server->url("/names/a/b/c"), 0755, true));
  EXPECT_TRUE(std::filesystem::is_directory(server->data() / "names/a/b/c"));
  SLUICE_CO_CHECK(co_await client.rmdir(server->url("/names/a/b/c")));
  server->put("/names/one", "data");
  SLUICE_CO_CHECK(co_await client.mv(server->url("/names/one"), "/names/two words"));
  EXPECT_EQ(server->get("/names/two words"), "data");
  SLUICE_CO_CHECK(co_await client.chmod(server->url("/names/two words"), 0600));
  EXPECT_EQ(std::filesystem::status(server->data() / "names/two words").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  SLUICE_CO_CHECK(co_await client.truncate(server->url("/names/two words"), 2));
  EXPECT_EQ(server->get("/names/two words"), "da");
  SLUICE_CO_CHECK(co_await client.rm(server->url("/names/two words")));
  auto again = co_await client.rm(server->url("/names/two words"));
  EXPECT_EQ(again.error().code, Errc::not_found);
  auto not_empty = co_await client.rmdir(server->url("/names/a"));
  EXPECT_FALSE(not_empty);
  co_return Status{};
}

TEST_F(Real, ChangesNames) {
  EXPECT_TRUE(succeeded(use([](Client& client) { return change_names(client, server); })));
}

TEST_F(Real, LocatesItself) {
  server->put("/located", "x");
  auto found = use([](Client& client) { return client.locate(server->url("/located")); });
  ASSERT_TRUE(succeeded(found));
  ASSERT_EQ(found->size(), 1U);
  EXPECT_FALSE(found->front().is_manager);
}

TEST_F(Real, AnswersQueries) {
  server->put("/query", "hello\n");
  auto config = use([](Client& client) {
    return client.query_config(server->url(), {"readv_iov_max", "bind_max", "no_such_key"});
  });
  ASSERT_TRUE(succeeded(config));
  EXPECT_THAT(*config, ElementsAre("1024", "15", "no_such_key"));

  auto checksum = use([](Client& client) { return client.checksum(server->url("/query"), "md5"); });
  ASSERT_TRUE(succeeded(checksum));
  EXPECT_EQ(checksum->value, "b1946ac92492d2347c6235b4d2611184");
  auto unknown =
      use([](Client& client) { return client.checksum(server->url("/query"), "sha999"); });
  EXPECT_FALSE(unknown);

  auto xattr =
      use([](Client& client) { return client.query(server->url("/query"), QueryKind::xattr); });
  ASSERT_TRUE(succeeded(xattr));
  EXPECT_THAT(*xattr, HasSubstr("oss.type=f"));
  auto stats =
      use([](Client& client) { return client.query(server->url(), QueryKind::stats, "a"); });
  ASSERT_TRUE(succeeded(stats));
  EXPECT_THAT(*stats, HasSubstr("<statistics"));
}

Task<void> use_attributes(Client& client, RealXrootd* server) {
  server->put("/attributes", "x");
  std::string url = server->url("/attributes");
  std::vector<Attribute> two = {{"first", "1"}, {"second", std::string("a\0b\0", 4)}};
  SLUICE_CO_CHECK(co_await client.set_attributes(url, two));
  SLUICE_CO_TRY(auto got, co_await client.get_attributes(url, {"second", "first"}));
  EXPECT_EQ(got.at(0).value, two[1].value);
  EXPECT_EQ(got.at(1).name, "first");
  SLUICE_CO_TRY(auto all, co_await client.list_attributes(url, true));
  EXPECT_EQ(all.size(), 2U);
  auto anew = co_await client.set_attributes(url, {{"first", "2"}}, true);
  EXPECT_FALSE(anew);
  SLUICE_CO_CHECK(co_await client.delete_attributes(url, {"first"}));
  auto missing = co_await client.get_attributes(url, {"first"});
  EXPECT_EQ(missing.error().code, Errc::no_attribute);
  co_return Status{};
}

TEST_F(Real, KeepsAttributes) {
  EXPECT_TRUE(succeeded(use([](Client& client) { return use_attributes(client, server); })));
}

TEST_F(Real, SetsTheApplicationName) {
  auto answer = use([](Client& client) { return client.set(server->url(), "appid test"); });
  EXPECT_TRUE(succeeded(answer));
}

// ---- files ---------------------------------------------------------------------------------------------------------

Task<void> write_and_read(Client& client, RealXrootd* server, std::string path, std::size_t size,
                          Integrity integrity) {
  std::string content = pattern(size);
  OpenOptions options;
  options.write = true;
  options.create = Create::overwrite;
  options.make_path = true;
  options.integrity = integrity;
  SLUICE_CO_TRY(File out, co_await client.open(server->url(path), options));
  SLUICE_CO_CHECK(co_await out.write(0, as_bytes(content)));
  SLUICE_CO_CHECK(co_await out.sync());
  SLUICE_CO_TRY(FileInfo info, co_await out.stat());
  EXPECT_EQ(info.size, size);
  SLUICE_CO_CHECK(co_await out.close());
  EXPECT_TRUE(server->get(path) == content) << path;

  OpenOptions reading;
  reading.integrity = integrity;
  SLUICE_CO_TRY(File in, co_await client.open(server->url(path), reading));
  EXPECT_TRUE(in.info() && in.info()->size == size);
  std::string back(size + 100, '?');
  SLUICE_CO_TRY(std::size_t n, co_await in.read(0, span_of(back)));
  EXPECT_EQ(n, size);
  back.resize(n);
  EXPECT_TRUE(back == content) << path;
  if (size > 10'000) {
    std::string part(5'000, '?');
    SLUICE_CO_TRY(std::size_t m, co_await in.read(4'095, span_of(part)));
    EXPECT_EQ(m, part.size());
    EXPECT_TRUE(part == content.substr(4'095, part.size()));
  }
  SLUICE_CO_CHECK(co_await in.close());
  auto closed = co_await in.read(0, span_of(back));
  EXPECT_EQ(closed.error().code, Errc::not_open);
  co_return Status{};
}

class RealSizes : public Real, public testing::WithParamInterface<std::size_t> {};

TEST_P(RealSizes, WritesAndReadsWithPages) {
  std::string path = "/sizes/pages-" + std::to_string(GetParam());
  EXPECT_TRUE(succeeded(use([&](Client& client) {
    return write_and_read(client, server, path, GetParam(), Integrity::required);
  })));
}
TEST_P(RealSizes, WritesAndReadsPlain) {
  std::string path = "/sizes/plain-" + std::to_string(GetParam());
  EXPECT_TRUE(succeeded(use([&](Client& client) {
    return write_and_read(client, server, path, GetParam(), Integrity::none);
  })));
}
TEST_P(RealSizes, ReadsOverParallelStreams) {
  std::string path = "/sizes/streams-" + std::to_string(GetParam());
  ClientOptions options;
  options.streams = 3;
  EXPECT_TRUE(succeeded(use(options, [&](Client& client) {
    return write_and_read(client, server, path, GetParam(), Integrity::automatic);
  })));
}
INSTANTIATE_TEST_SUITE_P(Sizes, RealSizes,
                         testing::Values(0, 1, 4095, 4096, 4097, 100'000, (8U << 20) - 1,
                                         (8U << 20) + 1, (40U << 20) + 5));

Task<void> open_in_every_way(Client& client, RealXrootd* server) {
  OpenOptions fresh;
  fresh.write = true;
  fresh.create = Create::new_file;
  SLUICE_CO_TRY(File file, co_await client.open(server->url("/open/new"), fresh));
  SLUICE_CO_CHECK(co_await file.write(0, as_bytes("0123456789")));
  SLUICE_CO_CHECK(co_await file.truncate(5));
  SLUICE_CO_CHECK(co_await file.close());
  EXPECT_EQ(server->get("/open/new"), "01234");
  auto again = co_await client.open(server->url("/open/new"), fresh);
  EXPECT_EQ(again.error().code, Errc::exists);

  OpenOptions update;
  update.write = true;
  SLUICE_CO_TRY(File changed, co_await client.open(server->url("/open/new"), update));
  SLUICE_CO_CHECK(co_await changed.write(2, as_bytes("xx")));
  SLUICE_CO_CHECK(co_await changed.close());
  EXPECT_EQ(server->get("/open/new"), "01xx4");
  auto missing = co_await client.open(server->url("/open/none"), update);
  EXPECT_EQ(missing.error().code, Errc::not_found);

  auto folder = co_await client.open(server->url("/open"));
  EXPECT_EQ(folder.error().code, Errc::is_directory);
  co_return Status{};
}

TEST_F(Real, OpensInEveryWay) {
  EXPECT_TRUE(succeeded(use([](Client& client) { return open_in_every_way(client, server); })));
}

Task<void> leave_posc_file(Client& client, RealXrootd* server) {
  OpenOptions options;
  options.write = true;
  options.create = Create::new_file;
  options.posc = true;
  SLUICE_CO_TRY(File file, co_await client.open(server->url("/posc"), options));
  SLUICE_CO_CHECK(co_await file.write(0, as_bytes("data")));
  SLUICE_CO_CHECK(co_await file.close());
  co_return Status{};
}

TEST_F(Real, KeepsPoscFilesThatWereClosed) {
  EXPECT_TRUE(succeeded(use([](Client& client) { return leave_posc_file(client, server); })));
  EXPECT_EQ(server->get("/posc"), "data");
}

Task<void> use_vectors(Client& client, RealXrootd* server) {
  std::string content = pattern(3U << 20);
  server->put("/vector", content);
  SLUICE_CO_TRY(File file, co_await client.open(server->url("/vector")));
  std::vector<std::string> memory;
  for (std::size_t i = 0; i < 2'500; ++i) memory.emplace_back(1 + i % 700, '?');
  memory.emplace_back((2U << 20) + 10'000, '?');  // more than one item may have
  std::vector<ReadPart> parts;
  for (std::size_t i = 0; i < memory.size(); ++i) parts.push_back({i * 300, span_of(memory[i])});
  SLUICE_CO_CHECK(co_await file.readv(parts));
  for (std::size_t i = 0; i < memory.size(); ++i) {
    EXPECT_TRUE(memory[i] == content.substr(i * 300, memory[i].size())) << i;
  }
  std::string beyond(100, '?');
  std::vector<ReadPart> past_end = {{content.size() - 10, span_of(beyond)}};
  EXPECT_FALSE(co_await file.readv(past_end));
  SLUICE_CO_CHECK(co_await file.close());

  OpenOptions options;
  options.write = true;
  options.create = Create::overwrite;
  SLUICE_CO_TRY(File out, co_await client.open(server->url("/vector-out"), options));
  std::vector<WritePart> writes;
  for (std::size_t i = 0; i < 3'000; ++i) {
    writes.push_back({i * 1'000, as_bytes(std::string_view(content).substr(i * 1'000, 1'000))});
  }
  SLUICE_CO_CHECK(co_await out.writev(writes, true));
  SLUICE_CO_CHECK(co_await out.close());
  EXPECT_TRUE(server->get("/vector-out") == content.substr(0, 3'000'000));
  co_return Status{};
}

TEST_F(Real, ReadsAndWritesVectors) {
  EXPECT_TRUE(succeeded(use([](Client& client) { return use_vectors(client, server); })));
}

asio::awaitable<void> read_one(File* file, std::uint64_t offset, std::string* into,
                               Status* status) {
  auto n = co_await file->read(offset, span_of(*into));
  if (!n) *status = tl::unexpected<Error>(n.error());
}

Task<void> read_concurrently(Client& client, RealXrootd* server) {
  std::string content = pattern(2U << 20);
  server->put("/concurrent", content);
  SLUICE_CO_TRY(File file, co_await client.open(server->url("/concurrent")));
  std::vector<std::string> memory(500, std::string(4'000, '?'));
  Status status;
  co_await with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    for (std::size_t i = 0; i < memory.size(); ++i)
      group.spawn(read_one(&file, i * 4'000, &memory[i], &status));
    co_return;
  });
  for (std::size_t i = 0; i < memory.size(); ++i)
    EXPECT_TRUE(memory[i] == content.substr(i * 4'000, 4'000)) << i;
  co_return status;
}

TEST_F(Real, ReadsConcurrentlyMoreThanMayBeInFlight) {
  ClientOptions options;
  options.limits.outstanding = 7;
  EXPECT_TRUE(
      succeeded(use(options, [](Client& client) { return read_concurrently(client, server); })));
}

// ---- recovery ------------------------------------------------------------------------------------------------------

Task<void> survive_restart(Client& client, RealXrootd* server) {
  std::string content = pattern(1U << 20);
  server->put("/restart-in", content);
  SLUICE_CO_TRY(File in, co_await client.open(server->url("/restart-in")));
  OpenOptions options;
  options.write = true;
  options.create = Create::new_file;
  SLUICE_CO_TRY(File out, co_await client.open(server->url("/restart-out"), options));
  std::string_view text = content;
  SLUICE_CO_CHECK(co_await out.write(0, as_bytes(text.substr(0, 500'000))));
  server->stop();
  server->start();
  std::string back(content.size(), '?');
  SLUICE_CO_TRY(std::size_t n, co_await in.read(0, span_of(back)));
  EXPECT_EQ(n, content.size());
  EXPECT_TRUE(back == content);
  SLUICE_CO_CHECK(co_await out.write(500'000, as_bytes(text.substr(500'000))));
  SLUICE_CO_CHECK(co_await out.close());
  EXPECT_TRUE(server->get("/restart-out") == content);
  SLUICE_CO_CHECK(co_await client.stat(server->url("/restart-in")));
  co_return Status{};
}

TEST_F(Real, SurvivesARestartOfTheServer) {
  EXPECT_TRUE(succeeded(use([](Client& client) { return survive_restart(client, server); })));
}

TEST_F(Real, RefusesWhatNobodyListensTo) {
  auto info = use([](Client& client) { return client.stat("root://localhost:1//x"); });
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, Errc::connection);
  auto local = use([](Client& client) { return client.stat("/etc/passwd"); });
  EXPECT_EQ(local.error().code, Errc::usage);
  auto tls = use([](Client& client) { return client.stat("roots://localhost:1//x"); });
  EXPECT_FALSE(tls);
}

}  // namespace
}  // namespace sluice::xroot::client
