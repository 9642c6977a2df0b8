// SPDX-License-Identifier: Apache-2.0
// A whole server session over a small exported directory: the input is what a client sends after its login and the open of
// a file (handle 0), or, when its first bit is set, everything it sends. The session must end when the client is gone,
// whatever it said, and the directory above the export must stay as it was.
#include "base/metrics.h"
#include "check.h"
#include "exporter/export_service.h"
#include "xroot/server/session.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

using namespace sluice;
using tcp = asio::ip::tcp;

// One server for all inputs: an export in a temporary directory, one loop that the fuzzer's thread runs.
struct Ground {
  Ground() {
    // Bounded files: a sparse file of an exabyte would make every checksum endless.
    rlimit limit{1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
    std::string name = (std::filesystem::temp_directory_path() / "sluice-fuzz-XXXXXX").string();
    fuzz::check(::mkdtemp(name.data()) != nullptr);
    root = name;
    std::filesystem::create_directories(root / "export/d");
    std::ofstream(root / "secret") << "outside";
    std::ofstream(root / "export/f") << std::string(10'000, 'x');
    disk::DiskConfig config;
    config.export_directory = (root / "export").string();
    auto tree = disk::FileTree::open(config);
    fuzz::check(tree.has_value());
    service = std::make_unique<exporter::ExportService>(xroot::server::ServerConfig{}, *tree,
                                                        metrics, blocking);
    acceptor.open(tcp::v4());
    acceptor.bind({asio::ip::address_v4::loopback(), 0});
    acceptor.listen(16);
  }
  ~Ground() { std::filesystem::remove_all(root); }

  std::filesystem::path root;
  Metrics metrics;
  BlockingPool blocking{2, 1024};
  net::Budget budget{64 << 20};
  net::Loop loop{0, budget};
  tcp::acceptor acceptor{loop.context()};
  std::unique_ptr<exporter::ExportService> service;
};

template <class Request>
void append(std::vector<std::byte>& out, std::byte stream, const Request& request) {
  xroot::EncodedRequest encoded = request.encode();
  std::array<std::byte, xroot::request_header_size> header{};
  xroot::RequestHeader{{stream, stream},
                       encoded.id,
                       encoded.fixed,
                       static_cast<std::int32_t>(encoded.payload.size())}
      .encode(header);
  Writer(out).bytes(header).bytes(encoded.payload);
}

std::vector<std::byte> script(ByteView input) {
  std::vector<std::byte> sent;
  if (!input.empty() && (std::to_integer<int>(input.front()) & 1) != 0) {
    sent.assign(input.begin() + 1, input.end());
    return sent;
  }
  for (std::int32_t word : xroot::hello_words) Writer(sent).be(word);
  append(sent, std::byte{1}, xroot::Login{});
  xroot::Open open;
  open.flags.update = true;
  open.path = "/f";
  append(sent, std::byte{2}, open);
  if (!input.empty()) Writer(sent).bytes(input.subspan(1));
  return sent;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Ground ground;
  const std::vector<std::byte> sent = script(fuzz::view(data, size));

  tcp::socket client(ground.loop.context());
  client.connect(ground.acceptor.local_endpoint());
  tcp::socket accepted = ground.acceptor.accept();
  client.non_blocking(true);
  bool ended = false;
  auto session = std::make_shared<xroot::server::Session>(
      *ground.service, net::Socket(ground.loop, std::move(accepted)));
  spawn_root(ground.loop.context(), xroot::server::Session::run(std::move(session)),
             [&ended](std::exception_ptr thrown) {
               fuzz::check(!thrown);
               ended = true;
             });
  std::size_t done = 0;
  std::array<std::byte, 65536> sink;
  while (!ended) {
    if (done < sent.size()) {
      ssize_t n = ::send(client.native_handle(), sent.data() + done, sent.size() - done,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n > 0) done += static_cast<std::size_t>(n);
      if (n < 0 && errno != EAGAIN)
        done = sent.size();  // a server that closed does not read the rest
    }
    if (done == sent.size()) ::shutdown(client.native_handle(), SHUT_WR);
    while (::recv(client.native_handle(), sink.data(), sink.size(), MSG_DONTWAIT) > 0) {
    }
    ground.loop.context().restart();
    ground.loop.context().run_for(std::chrono::milliseconds(1));
  }
  fuzz::check(std::filesystem::file_size(ground.root / "secret") == 7);
  return 0;
}
