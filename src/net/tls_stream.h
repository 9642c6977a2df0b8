// SPDX-License-Identifier: Apache-2.0
// TLS over a byte stream, as calls that never wait. Records are composed in a buffer of the thread and leave many at a time;
// what the stream below does not take is kept, and nothing more is taken before that is gone (has_unsent(), flush()).
//
// Threads: an SSL object stands no two calls at once, not even a read beside a write. Who writes holds the turn of its
// connection and who reads is alone too, but the two may be on different threads (Loop::bulk), and so may an answer that
// leaves while the body of a write is received. Hence the lock round every call; it is held for the time that one piece
// takes to encrypt or decrypt, never while somebody waits, and file data are read and written outside it.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "net/budget.h"
#include "net/tls_context.h"

#include <sys/uio.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct bio_st;

namespace sluice::net {

class TlsStream {
 public:
  // What carries the records. Calls never wait: 0 is "would wait", the end of the stream is Errc::connection.
  class Carrier {
   public:
    Carrier() = default;
    Carrier(const Carrier&) = delete;
    Carrier& operator=(const Carrier&) = delete;
    virtual ~Carrier() = default;
    virtual Result<std::size_t> try_receive(ByteSpan into) = 0;
    virtual Result<std::size_t> try_send(ByteView bytes) = 0;
    // The kernel's TLS may take over what is sent through this socket; -1: it may not.
    virtual int kernel_socket() const { return -1; }
  };

  // `received` came behind the last byte in clear. With a budget, what is kept unsent counts there.
  static Result<std::unique_ptr<TlsStream>> make(SslPtr ssl, std::unique_ptr<Carrier> carrier,
                                                 ByteView received, Budget* budget = nullptr);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;
  ~TlsStream();

  enum class Handshake : std::uint8_t { done, wants_read, wants_write };
  // As far as it gets now. Errc::authentication: the peer's certificate is not accepted; Errc::connection: all else.
  Result<Handshake> try_handshake();

  // As those of Socket. `more`: other bytes follow at once, so that a few of these may wait for them.
  Result<std::size_t> try_receive(std::span<const iovec> into);
  Result<std::size_t> try_receive(ByteSpan into);
  Result<std::size_t> try_send(std::span<const iovec> pieces, bool more = false);
  Result<std::size_t> try_send(ByteView bytes, bool more = false);
  Result<std::size_t> try_sendfile(int file, std::uint64_t offset, std::size_t count);
  Result<std::size_t> try_discard(std::size_t count);

  // Nothing can be received before the stream below has more.
  bool is_dry() const { return is_dry_.load(std::memory_order_relaxed); }
  bool has_unsent() const { return has_unsent_.load(std::memory_order_relaxed); }
  // Sends what is kept; true when nothing is left.
  Result<bool> flush();
  // What is sent goes to the socket in clear: the kernel encrypts it.
  bool kernel_sends() const { return kernel_sends_; }

  // Tells the peer, as far as that goes without waiting, that no more will come.
  void send_end();

  bool is_resumed() const;
  std::string version() const;  // "TLSv1.3"
  std::string cipher() const;   // "TLS_AES_128_GCM_SHA256"

 private:
  struct Bio;  // the functions that OpenSSL calls
  TlsStream(SslPtr ssl, std::unique_ptr<Carrier> carrier, ByteView received, Budget* budget);

  Result<std::size_t> receive_locked(std::span<const iovec> into);
  Result<std::size_t> send_locked(std::span<const iovec> pieces, bool more);
  Result<bool> flush_locked();
  // Composes records: small pieces share one.
  Status pack(ByteView bytes);
  Status end_pack();
  Status encrypt(ByteView bytes);
  // What was composed goes out; false when some of it is kept.
  Result<bool> push();
  void note_unsent();
  Error failure(int outcome);
  void settle_sending();

  std::mutex mutex_;
  SslPtr ssl_;
  bio_st* own_output_ = nullptr;  // while the kernel's socket stands in its place
  std::unique_ptr<Carrier> carrier_;
  std::optional<Error> lost_;        // what the carrier said last
  bool carrier_is_empty_ = false;    // during one call: it gave less than it was asked for
  std::vector<std::byte> received_;  // in front of what the carrier has, from received_at_ on
  std::size_t received_at_ = 0;
  std::vector<std::byte> held_;     // clear bytes that wait for those that follow
  std::vector<std::byte> tickets_;  // records of a server that go out in front of the first others
  std::vector<std::byte> unsent_;   // records, from unsent_at_ on
  std::size_t unsent_at_ = 0;
  std::size_t window_;                // clear bytes that are made into records at a time
  std::optional<BudgetShare> share_;  // of unsent_
  std::atomic<bool> is_dry_{false};
  std::atomic<bool> has_unsent_{false};
  bool kernel_sends_ = false;
};

}  // namespace sluice::net
