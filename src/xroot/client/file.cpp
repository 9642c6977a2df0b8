// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/file.h"

#include "base/log.h"
#include "base/must_not_throw.h"
#include "xroot/requests/close.h"
#include "xroot/requests/open.h"

namespace sluice::xroot::client {
namespace {

const Logger log("xroot_client");

// Lost so often without one answer in between, a file is given up.
constexpr int max_losses = 5;

}  // namespace

File::State::State(std::shared_ptr<Client::State> client, Url url, OpenOptions options)
    : client_(std::move(client)),
      url_(std::move(url)),
      options_(options),
      reopened_(client_->executor()) {}

File::State::~State() {
  if (!is_open_ || !channel_ || channel_->is_closed()) return;
  must_not_throw([this] { channel_->send_and_forget(Close{handle_}.encode()); });
}

OpenFlags File::State::flags(bool is_recovery) const {
  OpenFlags flags;
  flags.async = true;  // XrdCl always sets it, and servers are used to it
  flags.return_stat = true;
  flags.refresh = options_.refresh;
  flags.no_wait = options_.no_wait;
  flags.sequential = options_.sequential;
  flags.read = !options_.write;
  if (!options_.write) return flags;
  flags.update = true;
  flags.append = options_.append;
  if (is_recovery) return flags;  // what was made or cut once must not be again
  flags.create = options_.create == Create::new_file;
  flags.overwrite = options_.create == Create::overwrite;
  flags.make_path = options_.make_path;
  flags.posc = options_.posc;
  return flags;
}

Task<void> File::State::open() { return open_at(Course(url_), false); }

Task<void> File::State::open_at(Course course, bool is_recovery) {
  Open request;
  request.mode = options_.mode;
  request.flags = flags(is_recovery);
  auto encode = [request](std::string_view path) {
    Open with_path = request;
    with_path.path = path;
    return with_path.encode();
  };
  Operation operation{std::move(course), encode, true, true, {}};
  operation.is_repeatable = is_recovery || options_.create != Create::new_file;
  if (is_recovery) operation.lost_since = std::chrono::steady_clock::now();
  TextSink sink(client_->options().limits.metadata_bytes);
  SLUICE_CO_TRY(auto reached, co_await client_->perform(std::move(operation), &sink));
  SLUICE_CO_TRY(auto answer, OpenAnswer::decode(sink.bytes()));
  channel_ = std::move(reached.channel);
  course_ = std::move(reached.course);
  handle_ = answer.handle;
  is_open_ = true;
  ++epoch_;
  if (!is_recovery && answer.stat) info_ = to_info(*answer.stat);
  if (is_recovery && options_.write && acknowledged_ > 0 && answer.stat &&
      answer.stat->size < acknowledged_) {
    co_return fail(Errc::io, url_.display() + ": the server lost data that it had acknowledged");
  }
  if (options_.integrity == Integrity::required && !has_pages()) {
    co_return fail(Errc::unsupported, channel_->endpoint().text() + " has no page checksums");
  }
  if (int streams = client_->options().streams; streams > 0 && channel_->server().is_data_server) {
    auto added = co_await channel_->add_streams(streams);
    if (!added)
      log.debug("streams.refused",
                {{"peer", server().address}, {"reason", added.error().message()}});
  }
  co_return Status{};
}

Task<void> File::State::usable() {
  while (is_reopening_) co_await reopened_.wait();
  if (broken_) co_return tl::unexpected<Error>(*broken_);
  if (!is_open_) co_return fail(Errc::not_open, url_.display());
  co_return Status{};
}

// ---- one attempt
// ---------------------------------------------------------------------------------------------------

File::State::Attempt::Attempt(std::shared_ptr<State> file, const Transfer& transfer)
    : channel_(file->channel_),
      epoch_(file->epoch_),
      bytes_(transfer.bytes),
      path_(bytes_ > 0 ? channel_->choose_path(bytes_) : std::uint8_t{0}),
      source_(transfer.source ? transfer.source() : nullptr),
      call_(channel_->executor(), transfer.encode(file->handle_, path_), *transfer.sink) {
  const Timeouts& timeouts = file->client_->options().timeouts;
  call_.source = source_.get();
  call_.counts_source = transfer.counts_source;
  call_.breaks_when_late = transfer.is_data;
  call_.patience = transfer.is_data   ? timeouts.stall
                   : transfer.is_slow ? timeouts.wait
                                      : timeouts.request;
  call_.may_wait = timeouts.wait;
}

File::State::Attempt::~Attempt() {
  must_not_throw([this] { channel_->done_on_path(path_, bytes_); });
}

Task<void> File::State::Attempt::start() { return channel_->submit(&call_); }

Task<Answer> File::State::Attempt::finish() {
  co_await call_.done.wait();
  co_return std::move(call_.answer);
}

// ---- transfers
// -----------------------------------------------------------------------------------------------------

Task<void> File::State::transfer(const Transfer* transfer) {
  Duration waited(0);
  for (;;) {
    SLUICE_CO_CHECK(co_await usable());
    Attempt attempt(shared_from_this(), *transfer);
    Result<Answer> answer = fail(Errc::cancelled);
    if (Status started = co_await attempt.start(); started) {
      answer = co_await attempt.finish();
    } else {
      answer = tl::unexpected<Error>(started.error());
    }
    Error error{};
    SLUICE_CO_TRY(Next next,
                  co_await after(transfer, attempt.epoch(), std::move(answer), &waited, &error));
    if (next == Next::done) co_return Status{};
    if (next == Next::stop) co_return tl::unexpected<Error>(std::move(error));
  }
}

// What an answer means. An error of this function itself ends the transfer, too.
Task<File::State::Next> File::State::after(const Transfer* transfer, std::uint64_t epoch,
                                           Result<Answer> answer, Duration* waited, Error* error) {
  if (answer && answer->kind == Answer::Kind::ok) {
    losses_ = 0;
    co_return Next::done;
  }
  if (auto restarted = transfer->sink->restart(); !restarted)
    co_return tl::unexpected<Error>(restarted.error());
  if (answer && answer->kind == Answer::Kind::wait) {
    SLUICE_CO_CHECK(co_await client_->pause(answer->pause, waited));
    co_return Next::again;
  }
  if (answer && answer->kind == Answer::Kind::redirect) {
    SLUICE_CO_TRY(auto redirect, RedirectAnswer::decode(answer->body));
    if (++losses_ > max_losses) co_return fail(Errc::redirect_loop, url_.display());
    SLUICE_CO_CHECK(co_await reopen(epoch, redirect, nullptr));
    co_return Next::again;
  }
  if (answer) co_return fail(Errc::protocol, "the server asks for authentication in the middle");
  *error = std::move(answer).error();
  if (!may_recover(*transfer, *error)) co_return Next::stop;
  log.debug("file.reopening", {{"file", url_.display()}, {"reason", error->message()}});
  SLUICE_CO_CHECK(co_await reopen(epoch, {}, error));
  co_return Next::again;
}

Task<void> File::State::transfer_all(std::span<const Transfer> transfers) {
  SLUICE_CO_CHECK(co_await usable());
  std::list<Attempt> attempts;
  std::vector<Status> started;
  for (const Transfer& one : transfers) {
    attempts.emplace_back(shared_from_this(), one);
    started.push_back(co_await attempts.back().start());
  }
  // Every answer is waited for before anything is repaired or given up: the sinks are in use until
  // then.
  std::vector<Result<Answer>> answers;
  std::vector<std::uint64_t> epochs;
  for (std::size_t i = 0; i < transfers.size(); ++i) {
    epochs.push_back(attempts.front().epoch());
    if (started[i]) {
      answers.push_back(co_await attempts.front().finish());
    } else {
      answers.push_back(tl::unexpected<Error>(started[i].error()));
    }
    attempts.pop_front();
  }
  for (std::size_t i = 0; i < transfers.size(); ++i) {
    Duration waited(0);
    Error error{};
    SLUICE_CO_TRY(Next next,
                  co_await after(&transfers[i], epochs[i], std::move(answers[i]), &waited, &error));
    if (next == Next::stop) co_return tl::unexpected<Error>(std::move(error));
    if (next == Next::again) SLUICE_CO_CHECK(co_await transfer(&transfers[i]));
  }
  co_return Status{};
}

// ---- recovery
// ------------------------------------------------------------------------------------------------------

bool File::State::may_recover(const Transfer& transfer, const Error& error) const {
  if (client_->is_closed() || !is_open_ || !transfer.is_repeatable) return false;
  if (is_loss(error.code)) {
    if (losses_ >= max_losses) return false;
    if (!options_.write) return options_.recover_reads;
    return options_.recover_writes && !options_.posc && !options_.append;
  }
  // A server that cannot read the file: there may be another replica.
  bool has_replicas = !options_.write && course_ && course_->has_door();
  return has_replicas && options_.recover_reads && losses_ < max_losses &&
         is_worth_another_server(error.code);
}

Task<void> File::State::reopen(std::uint64_t epoch, std::optional<RedirectAnswer> redirect,
                               const Error* why) {
  while (is_reopening_) co_await reopened_.wait();
  if (broken_) co_return tl::unexpected<Error>(*broken_);
  if (epoch != epoch_) co_return Status{};  // another request has seen to it
  struct Reopening {                        // ends when a cancellation ends this coroutine, too
    explicit Reopening(State* owner) : file(owner) {
      file->is_reopening_ = true;
      file->reopened_.reset();
    }
    ~Reopening() {
      file->is_reopening_ = false;
      must_not_throw([this] { file->reopened_.set(); });
    }
    State* file;
  } reopening(this);
  ++losses_;
  auto status = co_await reopen_now(std::move(redirect), why);
  if (!status) broken_ = status.error();
  co_return status;
}

Task<void> File::State::reopen_now(std::optional<RedirectAnswer> redirect, const Error* why) {
  if (redirect) {
    Course next = *course_;
    SLUICE_CO_CHECK(next.follow(*redirect, channel_->is_manager(), client_->options().redirects,
                                client_->options().limits.redirects));
    co_return co_await open_at(std::move(next), true);
  }
  Course again(url_);
  if (why != nullptr && !is_loss(why->code)) {
    again.add_tried(channel_->endpoint().host, *why);
    channel_->send_and_forget(Close{handle_}.encode());
  }
  co_return co_await open_at(std::move(again), true);
}

Task<void> File::State::close() {
  SLUICE_CO_CHECK(co_await usable());
  is_open_ = false;
  TextSink sink(client_->options().limits.metadata_bytes);
  Duration waited(0);
  for (;;) {
    Call call(client_->executor(), Close{handle_}.encode(), sink);
    call.patience = client_->options().timeouts.wait;  // the server may compute a checksum first
    call.may_wait = client_->options().timeouts.wait - waited;
    auto answer = co_await channel_->call(&call);
    if (answer && answer->kind == Answer::Kind::wait) {
      SLUICE_CO_CHECK(co_await client_->pause(answer->pause, &waited));
      continue;
    }
    // Who has only read has lost nothing with the server.
    if (answer || (!options_.write && is_loss(answer.error().code))) co_return Status{};
    co_return tl::unexpected<Error>(answer.error());
  }
}

}  // namespace sluice::xroot::client
