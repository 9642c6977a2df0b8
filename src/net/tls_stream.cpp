// SPDX-License-Identifier: Apache-2.0
#include "net/tls_stream.h"

#include "net/tls_openssl.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace sluice::net {
namespace {

constexpr std::size_t record_size = 16 << 10;  // the most that one record carries
// Bytes that are encrypted and sent at a time: as much as the socket took the last times, so that little is kept of a peer
// that reads slowly.
constexpr std::size_t least_window = record_size;
constexpr std::size_t first_window = 64 << 10;
constexpr std::size_t most_window = 256 << 10;
constexpr std::size_t most_per_call = 1 << 20;
constexpr std::size_t most_held = 1024;
// Records that only answer what was received; a peer that makes us keep more floods us and does not read.
constexpr std::size_t most_answers = 64 << 10;

// The buffers of a thread; what is in them is gone after each call.
struct Scratch {
  std::vector<std::byte> records;  // composed, not sent
  std::vector<std::byte> record;   // clear bytes of the next one
  std::vector<std::byte> plain;    // of a file, or thrown away
};

Scratch& scratch() {
  thread_local Scratch own;
  return own;
}

bool kernel_has_tls() {
  static const bool has = [] {
    std::ifstream in("/proc/sys/net/ipv4/tcp_available_ulp");
    for (std::string word; in >> word;) {
      if (word == "tls") return true;
    }
    return false;
  }();
  return has;
}

ByteSpan span_of(const iovec& piece) {
  return {static_cast<std::byte*>(piece.iov_base), piece.iov_len};
}

}  // namespace

struct TlsStream::Bio {
  static TlsStream& stream_of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    TlsStream& stream = stream_of(bio);
    BIO_clear_retry_flags(bio);
    auto wanted = static_cast<std::size_t>(size);
    if (stream.received_at_ < stream.received_.size()) {
      std::size_t n = std::min(wanted, stream.received_.size() - stream.received_at_);
      std::memcpy(into, stream.received_.data() + stream.received_at_, n);
      stream.received_at_ += n;
      if (stream.received_at_ == stream.received_.size())
        std::vector<std::byte>().swap(stream.received_);
      if (stream.received_.empty()) stream.received_at_ = 0;
      return static_cast<int>(n);
    }
    Result<std::size_t> n = std::size_t{0};
    if (!stream.carrier_is_empty_)
      n = stream.carrier_->try_receive({reinterpret_cast<std::byte*>(into), wanted});
    if (!n) {
      stream.lost_ = n.error();
      return 0;
    }
    stream.carrier_is_empty_ = *n < wanted;
    if (*n != 0) return static_cast<int>(*n);
    BIO_set_retry_read(bio);
    return -1;
  }

  static int write(BIO*, const char* bytes, int size) {
    const auto* begin = reinterpret_cast<const std::byte*>(bytes);
    auto& records = scratch().records;
    records.insert(records.end(), begin, begin + size);
    return size;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO* make(TlsStream& stream) {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sluice");
      if (made == nullptr) return made;
      BIO_meth_set_read(made, &read);
      BIO_meth_set_write(made, &write);
      BIO_meth_set_ctrl(made, &control);
      return made;
    }();
    BIO* bio = method == nullptr ? nullptr : BIO_new(method);
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, &stream);
    BIO_set_init(bio, 1);
    return bio;
  }
};

TlsStream::TlsStream(SslPtr ssl, std::unique_ptr<Carrier> carrier, ByteView received,
                     Budget* budget)
    : ssl_(std::move(ssl)),
      carrier_(std::move(carrier)),
      received_(received.begin(), received.end()),
      window_(first_window) {
  if (budget != nullptr) share_.emplace(*budget);
}

TlsStream::~TlsStream() {
  if (own_output_ != nullptr) BIO_free(own_output_);
}

Result<std::unique_ptr<TlsStream>> TlsStream::make(SslPtr ssl, std::unique_ptr<Carrier> carrier,
                                                   ByteView received, Budget* budget) {
  std::unique_ptr<TlsStream> made(
      new TlsStream(std::move(ssl), std::move(carrier), received, budget));
  BIO* input = Bio::make(*made);
  BIO* output = Bio::make(*made);
  // The kernel takes over when the first key for sending is set, and wants to see its socket then.
  int socket = kernel_has_tls() ? made->carrier_->kernel_socket() : -1;
  BIO* kernel = socket >= 0 ? BIO_new_socket(socket, BIO_NOCLOSE) : nullptr;
  if (input == nullptr || output == nullptr) {
    for (BIO* one : {input, output, kernel}) BIO_free(one);
    return fail(Errc::no_memory, "TLS: " + openssl_reason());
  }
  SSL_set0_rbio(made->ssl_.get(), input);
  SSL_set0_wbio(made->ssl_.get(), kernel != nullptr ? kernel : output);
  if (kernel != nullptr) made->own_output_ = output;
  return made;
}

// Of the last call. What the carrier said explains more than what OpenSSL made of it.
Error TlsStream::failure(int outcome) {
  int code = SSL_get_error(ssl_.get(), outcome);
  if (code == SSL_ERROR_ZERO_RETURN) {
    ERR_clear_error();
    return {Errc::connection, "closed by the peer", std::source_location::current()};
  }
  if (lost_) {
    ERR_clear_error();
    return *lost_;
  }
  bool refused = SSL_get_verify_result(ssl_.get()) != X509_V_OK && !SSL_is_server(ssl_.get());
  return {refused ? Errc::authentication : Errc::connection,
          "TLS: " + handshake_failure(ssl_.get()), std::source_location::current()};
}

Result<TlsStream::Handshake> TlsStream::try_handshake() {
  std::lock_guard lock(mutex_);
  SLUICE_TRY(bool is_clear, flush_locked());
  if (!is_clear) return Handshake::wants_write;
  ERR_clear_error();
  carrier_is_empty_ = false;
  scratch().records.clear();
  int outcome = SSL_do_handshake(ssl_.get());
  int code = outcome == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), outcome);
  std::optional<Error> failed;
  if (outcome != 1 && code != SSL_ERROR_WANT_READ && code != SSL_ERROR_WANT_WRITE)
    failed = failure(outcome);
  // The client needs no ticket before it has asked for something: the answer takes it along.
  if (outcome == 1 && SSL_is_server(ssl_.get()) == 1 && SSL_version(ssl_.get()) == TLS1_3_VERSION)
    tickets_.swap(scratch().records);
  // An alert says to the peer why; nobody minds when it does not get through.
  Result<bool> sent = push();
  if (failed) return tl::unexpected<Error>(std::move(*failed));
  SLUICE_CHECK(sent);
  if (!*sent || code == SSL_ERROR_WANT_WRITE) return Handshake::wants_write;
  if (outcome != 1) return Handshake::wants_read;
  settle_sending();
  return Handshake::done;
}

void TlsStream::settle_sending() {
  if (own_output_ == nullptr) return;
#ifndef OPENSSL_NO_KTLS
  kernel_sends_ = BIO_get_ktls_send(SSL_get_wbio(ssl_.get())) != 0;
#endif
  if (kernel_sends_) return;
  SSL_set0_wbio(ssl_.get(), std::exchange(own_output_, nullptr));
}

Result<std::size_t> TlsStream::try_receive(ByteSpan into) {
  iovec piece{into.data(), into.size()};
  return try_receive(std::span<const iovec>(&piece, 1));
}

Result<std::size_t> TlsStream::try_receive(std::span<const iovec> into) {
  std::lock_guard lock(mutex_);
  return receive_locked(into);
}

Result<std::size_t> TlsStream::receive_locked(std::span<const iovec> into) {
  ERR_clear_error();
  carrier_is_empty_ = false;
  scratch().records.clear();
  std::size_t done = 0;
  std::optional<Error> failed;
  is_dry_.store(false, std::memory_order_relaxed);
  for (const iovec& piece : into) {
    ByteSpan room = span_of(piece);
    while (!room.empty() && !failed && !is_dry()) {
      std::size_t n = 0;
      int outcome = SSL_read_ex(ssl_.get(), room.data(), room.size(), &n);
      done += n;
      room = room.subspan(n);
      if (outcome == 1) continue;
      bool waits = SSL_get_error(ssl_.get(), outcome) == SSL_ERROR_WANT_READ;
      if (waits) is_dry_.store(true, std::memory_order_relaxed);
      if (!waits) failed = failure(outcome);
    }
    if (failed || is_dry()) break;
  }
  if (!scratch().records.empty()) {  // an answer of the protocol itself
    if (unsent_.size() - unsent_at_ > most_answers)
      return fail(Errc::connection, "TLS: the peer asks for answers and does not read them");
    SLUICE_CHECK(push());
  }
  if (failed && done == 0) return tl::unexpected<Error>(std::move(*failed));
  return done;
}

Result<std::size_t> TlsStream::try_discard(std::size_t count) {
  auto& plain = scratch().plain;
  plain.resize(most_window);
  return try_receive(ByteSpan(plain).first(std::min(count, plain.size())));
}

Status TlsStream::encrypt(ByteView bytes) {
  while (!bytes.empty()) {
    std::size_t n = 0;
    int outcome = SSL_write_ex(ssl_.get(), bytes.data(), std::min(bytes.size(), record_size), &n);
    if (outcome != 1) return tl::unexpected<Error>(failure(outcome));
    bytes = bytes.subspan(n);
  }
  return {};
}

Status TlsStream::pack(ByteView bytes) {
  auto& record = scratch().record;
  while (!bytes.empty()) {
    if (record.empty() && bytes.size() >= record_size) {
      std::size_t whole = bytes.size() / record_size * record_size;
      SLUICE_CHECK(encrypt(bytes.first(whole)));
      bytes = bytes.subspan(whole);
      continue;
    }
    ByteView head = bytes.first(std::min(bytes.size(), record_size - record.size()));
    record.insert(record.end(), head.begin(), head.end());
    bytes = bytes.subspan(head.size());
    if (record.size() == record_size) SLUICE_CHECK(end_pack());
  }
  return {};
}

Status TlsStream::end_pack() {
  auto& record = scratch().record;
  Status done = encrypt(record);
  record.clear();
  return done;
}

void TlsStream::note_unsent() {
  std::size_t kept = unsent_.size() - unsent_at_;
  has_unsent_.store(kept + held_.size() != 0, std::memory_order_relaxed);
  if (share_) share_->resize(unsent_.size());
}

Result<bool> TlsStream::push() {
  auto& records = scratch().records;
  if (!records.empty() && !tickets_.empty()) {
    records.insert(records.begin(), tickets_.begin(), tickets_.end());
    std::vector<std::byte>().swap(tickets_);
  }
  if (unsent_.empty() && !records.empty()) {
    ByteView all(records);
    Result<std::size_t> sent = carrier_->try_send(all);
    if (!sent) return tl::unexpected<Error>(sent.error());
    ByteView rest = all.subspan(*sent);
    window_ = rest.empty() ? std::min(window_ * 2, most_window)
                           : std::clamp(*sent, least_window, most_window);
    unsent_.assign(rest.begin(), rest.end());
    unsent_at_ = 0;
  } else {
    unsent_.insert(unsent_.end(), records.begin(), records.end());
  }
  records.clear();
  note_unsent();
  return unsent_.empty();
}

Result<bool> TlsStream::flush() {
  std::lock_guard lock(mutex_);
  SLUICE_TRY(bool is_clear, flush_locked());
  if (!is_clear || held_.empty()) return is_clear;
  SLUICE_CHECK(send_locked({}, false));
  return !has_unsent();
}

Result<bool> TlsStream::flush_locked() {
  if (unsent_.empty()) return true;
  SLUICE_TRY(std::size_t sent, carrier_->try_send(ByteView(unsent_).subspan(unsent_at_)));
  unsent_at_ += sent;
  if (unsent_at_ == unsent_.size()) {
    std::vector<std::byte>().swap(unsent_);
    unsent_at_ = 0;
  }
  note_unsent();
  return unsent_.empty();
}

Result<std::size_t> TlsStream::try_send(ByteView bytes, bool more) {
  iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};  // only read
  return try_send(std::span<const iovec>(&piece, 1), more);
}

Result<std::size_t> TlsStream::try_send(std::span<const iovec> pieces, bool more) {
  std::lock_guard lock(mutex_);
  return send_locked(pieces, more);
}

Result<std::size_t> TlsStream::send_locked(std::span<const iovec> pieces, bool more) {
  SLUICE_TRY(bool is_clear, flush_locked());
  if (!is_clear) return std::size_t{0};
  if (more && pieces.size() == 1 && held_.size() + pieces[0].iov_len <= most_held) {
    ByteView bytes = span_of(pieces[0]);
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    note_unsent();
    return bytes.size();
  }
  ERR_clear_error();
  scratch().records.clear();
  scratch().record.clear();
  SLUICE_CHECK(pack(held_));
  held_.clear();
  std::size_t done = 0;
  std::size_t composed = 0;
  for (const iovec& piece : pieces) {
    for (ByteView rest = span_of(piece); !rest.empty();) {
      ByteView head = rest.first(std::min(rest.size(), window_ - composed));
      SLUICE_CHECK(pack(head));
      rest = rest.subspan(head.size());
      done += head.size();
      composed += head.size();
      if (composed < window_) continue;
      SLUICE_CHECK(end_pack());
      SLUICE_TRY(is_clear, push());
      if (!is_clear || done >= most_per_call) return done;
      composed = 0;
    }
  }
  SLUICE_CHECK(end_pack());
  SLUICE_CHECK(push());
  return done;
}

Result<std::size_t> TlsStream::try_sendfile(int file, std::uint64_t offset, std::size_t count) {
  {
    std::lock_guard lock(mutex_);
    SLUICE_TRY(bool is_clear, flush_locked());
    count = is_clear ? std::min(count, window_) : 0;
  }
  if (count == 0) return std::size_t{0};
  auto& plain = scratch().plain;
  plain.resize(most_window);
  ssize_t n = ::pread(file, plain.data(), count, static_cast<off_t>(offset));
  if (n == 0) return fail(Errc::io, "the file became shorter while it was sent");
  if (n < 0) return errno == EINTR ? Result<std::size_t>(0) : fail_errno(errno, "read");
  return try_send(ByteView(plain).first(static_cast<std::size_t>(n)));
}

void TlsStream::send_end() {
  std::lock_guard lock(mutex_);
  if (SSL_in_init(ssl_.get()) != 0 || lost_ || !unsent_.empty()) return;
  // Who said good-bye first does not wait for an answer.
  if ((SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0) return;
  ERR_clear_error();
  scratch().records.clear();
  SSL_shutdown(ssl_.get());
  [[maybe_unused]] Result<bool> sent = push();
  ERR_clear_error();
}

bool TlsStream::is_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
std::string TlsStream::version() const { return SSL_get_version(ssl_.get()); }
std::string TlsStream::cipher() const { return SSL_get_cipher_name(ssl_.get()); }

}  // namespace sluice::net
