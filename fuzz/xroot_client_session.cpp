// SPDX-License-Identifier: Apache-2.0
// A whole client against a server whose bytes are the input, from the hello on: metadata, a listing, reads of every kind and
// a write. However the server lies, the client comes to an end and never holds more than it asked for.
// Input: byte 0 says what the client does; the rest is what the server sends, a byte at a time or as much as fits.
#include "base/task_group.h"
#include "check.h"
#include "xroot/client/api.h"
#include "xroot/client/transport.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>

// Both are there when the program was built with the address sanitizer.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*,
                                                                  std::size_t),
                                                         void (*)(const volatile void*))
    __attribute__((weak));

namespace {

using namespace sluice;
using namespace sluice::xroot::client;

// What all operations below may take together, with room for the client's own buffers.
constexpr std::size_t memory_bound = 24U << 20;

std::size_t base = 0;
bool is_measured = false;

void on_malloc(const volatile void*, std::size_t size) {
  if (is_measured)
    fuzz::check(size <= memory_bound &&
                __sanitizer_get_current_allocated_bytes() <= base + memory_bound);
}
void on_free(const volatile void*) {}

// The server's bytes, then the end of the stream; what the client sends is taken and forgotten.
class Tape final : public Transport {
 public:
  Tape(ByteView* tape, std::size_t piece) : tape_(tape), piece_(piece) {}

  Result<std::size_t> try_receive(std::span<const iovec> into) override {
    if (is_closed_ || tape_->empty()) return fail(Errc::connection, "the tape has ended");
    std::size_t total = 0;
    for (const iovec& one : into) {
      std::size_t n = std::min({one.iov_len, tape_->size(), piece_ - total});
      std::memcpy(one.iov_base, tape_->data(), n);
      *tape_ = tape_->subspan(n);
      total += n;
    }
    fuzz::check(total > 0);
    return total;
  }
  Result<std::size_t> try_send(std::span<const iovec> bytes) override {
    std::size_t total = 0;
    for (const iovec& one : bytes) total += one.iov_len;
    return total;
  }
  Task<void> readable() override { co_return Status{}; }
  Task<void> writable() override { co_return Status{}; }
  void close() override { is_closed_ = true; }
  bool is_encrypted() const override { return false; }
  std::string peer() const override { return "tape"; }
  tcp::endpoint endpoint() const override { return {}; }
  tcp::endpoint local() const override { return {}; }

 private:
  ByteView* tape_;
  std::size_t piece_;
  bool is_closed_ = false;
};

Task<std::unique_ptr<Transport>> play(ByteView* tape, std::size_t piece) {
  if (tape->empty()) co_return fail(Errc::connection, "the tape has ended");
  co_return std::make_unique<Tape>(tape, piece);
}

// Errors are what is expected; none of the operations may do anything else than end.
asio::awaitable<void> use_file(Client* client, bool writes) {
  OpenOptions options;
  options.write = writes;
  auto file = co_await client->open("root://tape//file", options);
  if (!file) co_return;
  std::vector<std::byte> memory(100'000);
  ByteSpan into = memory;
  auto n = co_await file->read(3, into);
  if (n) fuzz::check(*n <= into.size());
  std::vector<ReadPart> parts = {{0, into.first(100)}, {5000, into.subspan(100, 9000)}};
  (void)co_await file->readv(parts);
  if (writes) (void)co_await file->write(4000, ByteView(memory).first(10'000));
  (void)co_await file->stat();
  (void)co_await file->close();
}

asio::awaitable<void> use_names(Client* client) {
  (void)co_await client->stat("root://tape//file");
  std::size_t count = 0;
  auto page = [&count](std::vector<DirectoryEntry> entries) -> Status {
    for (const DirectoryEntry& entry : entries) {
      fuzz::check(!entry.name.empty() && entry.name != ".." &&
                  entry.name.find('/') == std::string::npos);
    }
    count += entries.size();
    return {};
  };
  ListOptions with_info;
  with_info.with_info = true;
  (void)co_await client->list("root://tape//", with_info, page);
  (void)co_await client->locate("root://tape//file");
  (void)co_await client->query_config("root://tape//", {"role", "tpc"});
  (void)co_await client->checksum("root://tape//file", "adler32");
  (void)co_await client->get_attributes("root://tape//file", {"one"});
  (void)co_await client->statvfs("root://tape//");
}

asio::awaitable<void> play_all(ByteView tape, std::uint8_t mode) {
  ClientOptions options;
  options.timeouts.wait = Duration(0);
  options.timeouts.recovery = Duration(0);
  options.limits.metadata_bytes = 1U << 20;
  options.limits.outstanding = 4;
  std::size_t piece = (mode & 4) != 0 ? 7 : 1U << 20;
  options.connect = [&tape, piece](std::string, std::uint16_t, Duration) {
    return play(&tape, piece);
  };
  co_await with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    Client client(group, std::move(options));
    if ((mode & 1) != 0) {
      co_await use_file(&client, (mode & 2) != 0);
    } else {
      co_await use_names(&client);
    }
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const bool hooked = __sanitizer_install_malloc_and_free_hooks != nullptr &&
                             __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0;
  asio::io_context context(1);
  bool is_done = false;
  if (hooked) base = __sanitizer_get_current_allocated_bytes();
  is_measured = hooked;
  spawn_root(context, play_all(fuzz::view(data + 1, size - 1), data[0]),
             [&is_done](std::exception_ptr thrown) {
               fuzz::check(!thrown);
               is_done = true;
             });
  context.run();
  is_measured = false;
  fuzz::check(is_done);
  return 0;
}
