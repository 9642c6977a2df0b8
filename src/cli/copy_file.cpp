// SPDX-License-Identifier: Apache-2.0
#include "cli/copy_file.h"

#include "base/checksum.h"
#include "cli/look.h"

#include <fmt/format.h>

namespace sluice::cli {
namespace {

// Lets pieces pass one after the other, in the order of their numbers, where a pipe or a digest
// needs them so.
class Turn {
 public:
  explicit Turn(const asio::any_io_executor& executor)
      : wake_(executor, asio::steady_timer::time_point::max()) {}

  // True when it is the turn of `number`; false when the copy was given up.
  asio::awaitable<bool> wait(std::uint64_t number) {
    while (next_ != number && !given_up_) co_await wake_.async_wait(as_value);
    co_return !given_up_;
  }
  void pass(std::uint64_t number) {
    next_ = number + 1;
    wake_.cancel();
  }
  void give_up() {
    given_up_ = true;
    wake_.cancel();
  }

 private:
  asio::steady_timer wake_;  // never fires
  std::uint64_t next_ = 0;
  bool given_up_ = false;
};

// One copy while it runs; lives in the frame of move_bytes() or digest_range().
struct Flow {
  Flow(const asio::any_io_executor& executor, Remote remote_, CopyShared* shared_)
      : remote(remote_),
        shared(shared_),
        reading(executor),
        digesting(executor),
        writing(executor) {}

  Remote remote;
  CopyShared* shared;
  Source* source = nullptr;
  Sink* sink = nullptr;      // none: only the digest is wanted
  Digest* digest = nullptr;  // none: no checksum of the passing bytes is wanted
  std::uint64_t start = 0;
  std::optional<std::uint64_t> end;  // unknown: until the source ends
  std::uint64_t piece = 0;

  std::uint64_t claimed = 0;  // pieces that somebody works on or has finished
  bool at_end = false;        // the source ended in some piece
  std::uint64_t moved = 0;
  Turn reading, digesting, writing;
  std::optional<Error> failure;

  void give_up(Error error) {
    if (!failure) failure = std::move(error);
    for (Turn* turn : {&reading, &digesting, &writing}) turn->give_up();
  }
};

struct Piece {
  std::uint64_t number;
  std::uint64_t offset;
  ByteSpan buffer;
};

asio::awaitable<void> wait_for_rate(CopyShared* shared, std::uint64_t bytes) {
  if (!shared->limit) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           shared->limit->reserve(Clock::now(), bytes));
  co_await timer.async_wait(as_value);
}

Task<std::size_t> read_piece(Flow* flow, Piece piece) {
  bool in_order = flow->source->is_sequential();
  if (in_order && !co_await flow->reading.wait(piece.number)) co_return std::size_t{0};
  SLUICE_CO_TRY(std::size_t got, co_await flow->source->read(piece.offset, piece.buffer));
  if (in_order) flow->reading.pass(piece.number);
  if (got < piece.buffer.size()) {
    flow->at_end = true;
    if (flow->end) {
      co_return fail(Errc::io,
                     fmt::format("it ended after {} of {} bytes: somebody cut it while it was read",
                                 piece.offset + got, *flow->end));
    }
  }
  co_return got;
}

Task<void> digest_piece(Flow* flow, std::uint64_t number, ByteView data) {
  if (!flow->digest || !co_await flow->digesting.wait(number)) co_return Status();
  Status done = co_await offload(*flow->remote.disk, [flow, data]() -> Status {
    flow->digest->update(data);
    return {};
  });
  flow->digesting.pass(number);
  co_return done;
}

Task<void> write_piece(Flow* flow, Piece piece, ByteView data) {
  if (!flow->sink) co_return Status();
  bool in_order = flow->sink->is_sequential();
  if (in_order && !co_await flow->writing.wait(piece.number)) co_return Status();
  if (!data.empty()) {
    SLUICE_CO_CHECK(co_await flow->sink->write(piece.offset, data));
  }
  if (in_order) flow->writing.pass(piece.number);
  co_return Status();
}

Task<void> move_piece(Flow* flow, Piece piece) {
  co_await wait_for_rate(flow->shared, piece.buffer.size());
  SLUICE_CO_TRY(std::size_t got, co_await read_piece(flow, piece));
  ByteView data = piece.buffer.first(got);
  SLUICE_CO_CHECK(co_await digest_piece(flow, piece.number, data));
  SLUICE_CO_CHECK(co_await write_piece(flow, piece, data));
  flow->moved += got;
  if (flow->sink) flow->shared->bytes_done += got;
  co_return Status();
}

// Moves pieces until none is left. Several of these share a Flow.
asio::awaitable<void> move_pieces(Flow* flow) {
  PieceBuffers::Buffer buffer = flow->shared->buffers.take();
  while (!flow->at_end && !flow->failure) {
    if (flow->shared->stop) {
      flow->give_up(*flow->shared->stop);
      break;
    }
    std::uint64_t number = flow->claimed++;
    std::uint64_t offset = flow->start + number * flow->piece;
    if (flow->end && offset >= *flow->end) break;
    std::uint64_t size = flow->end ? std::min(flow->piece, *flow->end - offset) : flow->piece;
    Status moved = co_await move_piece(flow, {number, offset, ByteSpan(buffer.get(), size)});
    if (!moved) flow->give_up(std::move(moved).error());
  }
  flow->shared->buffers.give(std::move(buffer));
}

int pieces_at_once(const Flow& flow) {
  if (!flow.end) return flow.shared->pieces_in_flight;
  std::uint64_t pieces =
      (*flow.end - std::min(flow.start, *flow.end) + flow.piece - 1) / flow.piece;
  return static_cast<int>(
      std::min<std::uint64_t>(pieces, static_cast<std::uint64_t>(flow.shared->pieces_in_flight)));
}

Task<std::uint64_t> run_flow(Flow* flow) {
  flow->piece = flow->shared->buffers.size();
  if (flow->shared->limit) flow->piece = std::min(flow->piece, flow->shared->limit->piece_bytes());
  int count = pieces_at_once(*flow);
  if (count == 1) {
    co_await move_pieces(flow);
  } else if (count > 1) {
    // The lambda is kept by with_task_group(), which is awaited here.
    co_await with_task_group([flow, count](TaskGroup& group) -> asio::awaitable<void> {
      for (int i = 0; i < count; ++i) group.spawn(move_pieces(flow));
      co_return;
    });
  }
  if (flow->failure) co_return tl::unexpected<Error>(*flow->failure);
  // A cancelled group ends without an error of its own.
  bool is_whole = flow->end ? flow->moved == *flow->end - flow->start : flow->at_end;
  if (!is_whole) co_return fail(Errc::cancelled, "interrupted");
  co_return flow->moved;
}

// ---- One copy, step by step

bool wants_digest(const CopyRequest& request) {
  if (!request.checksum) return false;
  if (request.checksum->check != CopyChecksum::Check::end_to_end) return true;
  return !request.source.is_remote() || !request.target.is_remote();
}

// The bytes that an earlier copy left at the target. Errc::exists when they cannot be the start of
// this source.
Task<std::uint64_t> bytes_present(Remote remote, CopyRequest request,
                                  std::optional<std::uint64_t> size) {
  if (!request.resume) co_return std::uint64_t{0};
  auto info = co_await look(remote, request.target);
  if (!info && info.error().code == Errc::not_found) co_return std::uint64_t{0};
  if (!info) co_return tl::unexpected<Error>(info.error());
  if (!size) co_return fail(Errc::usage, "a stream cannot be continued");
  if (info->size > *size) {
    co_return fail(Errc::exists,
                   fmt::format("{} has {} bytes, more than the source with {}; --force replaces it",
                               request.target.shown(), info->size, *size));
  }
  co_return info->size;
}

// Feeds the digest with what is at the target already, read from whichever end is local.
Task<void> digest_present(Remote remote, CopyShared* shared, CopyRequest request, Digest* digest,
                          std::uint64_t end) {
  const Place& near = request.target.is_local() ? request.target : request.source;
  SLUICE_CO_TRY(auto source, co_await open_source(remote, near));
  Flow flow(co_await asio::this_coro::executor, remote, shared);
  flow.source = source.get();
  flow.digest = digest;
  flow.end = end;
  SLUICE_CO_TRY([[maybe_unused]] std::uint64_t bytes, co_await run_flow(&flow));
  co_return co_await source->close();
}

Task<std::string> server_sum(Remote remote, Place place, std::string type) {
  auto sum = co_await remote.client->checksum(place.text(), type);
  if (!sum) {
    Error error = sum.error();
    error.detail = fmt::format("{} of {}: {}", type, place.shown(), error.detail);
    co_return tl::unexpected<Error>(std::move(error));
  }
  if (sum->type != type) {
    co_return fail(Errc::checksum, fmt::format("{} has a {} only", place.shown(), sum->type));
  }
  co_return sum->value;
}

// Compares as the request says; the result is the sum of what was copied.
Task<std::string> verify(Remote remote, CopyRequest request, std::string passed) {
  const CopyChecksum& wanted = *request.checksum;
  std::string expected = wanted.expected;
  std::string got = passed;
  if (wanted.check == CopyChecksum::Check::print) co_return passed;
  if (wanted.check != CopyChecksum::Check::value) {
    expected = passed;
    if (request.source.is_remote()) {
      SLUICE_CO_TRY(expected, co_await server_sum(remote, request.source, wanted.type));
    }
    if (wanted.check == CopyChecksum::Check::end_to_end && request.target.is_remote()) {
      SLUICE_CO_TRY(got, co_await server_sum(remote, request.target, wanted.type));
    }
  }
  if (is_same_sum(expected, got)) co_return got;
  co_return fail(Errc::checksum,
                 fmt::format("{} should be {} and is {}", wanted.type, expected, got));
}

Task<void> move_bytes(Remote remote, CopyShared* shared, CopyRequest request, Digest* digest,
                      CopyOutcome* outcome) {
  if (is_same_local_file(request.source, request.target)) {
    co_return fail(Errc::usage, "source and target are the same file; nothing to copy");
  }
  SLUICE_CO_TRY(auto source, co_await open_source(remote, request.source));
  SLUICE_CO_TRY(outcome->skipped, co_await bytes_present(remote, request, source->size()));
  if (digest && outcome->skipped > 0) {
    SLUICE_CO_CHECK(co_await digest_present(remote, shared, request, digest, outcome->skipped));
  }
  bool is_complete = outcome->skipped > 0 && outcome->skipped == source->size();
  if (is_complete) co_return co_await source->close();

  SinkOptions options{.force = request.force,
                      .resume = outcome->skipped > 0,
                      .posc = request.posc,
                      .make_path = request.make_path,
                      .size = source->size()};
  if (source->mode() != 0) options.mode = source->mode() | 0600U;
  // An empty target that may be continued is as good as none.
  if (request.resume && outcome->skipped == 0) options.force = true;
  SLUICE_CO_TRY(auto sink, co_await open_sink(remote, request.target, options));

  Flow flow(co_await asio::this_coro::executor, remote, shared);
  flow.source = source.get();
  flow.sink = sink.get();
  flow.digest = digest;
  flow.start = outcome->skipped;
  flow.end = source->size();
  SLUICE_CO_TRY(outcome->bytes, co_await run_flow(&flow));
  SLUICE_CO_CHECK(co_await sink->close());
  co_return co_await source->close();
}

}  // namespace

PieceBuffers::Buffer PieceBuffers::take() {
  if (free_.empty()) return Buffer(new std::byte[size_]);  // make_unique would write every byte
  Buffer buffer = std::move(free_.back());
  free_.pop_back();
  return buffer;
}

Task<CopyOutcome> copy_file(Remote remote, CopyShared* shared, CopyRequest request) {
  CopyOutcome outcome;
  std::unique_ptr<Digest> digest;
  if (wants_digest(request)) {
    SLUICE_CO_TRY(digest, make_digest(request.checksum->type));
  }
  SLUICE_CO_CHECK(co_await move_bytes(remote, shared, request, digest.get(), &outcome));
  if (request.checksum) {
    outcome.checksum_type = request.checksum->type;
    SLUICE_CO_TRY(outcome.checksum_value,
                  co_await verify(remote, request, digest ? digest->hex() : std::string()));
  }
  co_return outcome;
}

}  // namespace sluice::cli
