// SPDX-License-Identifier: Apache-2.0
// A session: one client connection from hello to end, with its open files and bound streams. Lives
// on one loop. The main coroutine reads requests and answers what it can at once; work that waits
// becomes a child that answers later.
#pragma once

#include "base/log.h"
#include "base/metrics.h"
#include "base/task_group.h"
#include "xroot/server/access_note.h"
#include "xroot/server/channel.h"
#include "xroot/server/service.h"
#include "xroot/signature.h"

#include <deque>
#include <list>
#include <memory>

namespace sluice::xroot::server {

inline const Logger log("xroot");

// Who asks: labels, as the login request said, and what was proven.
struct Caller {
  SessionId id{};
  std::string user;
  std::int32_t pid = 0;
  std::string application;
  std::string release;  // of the client: "v5.5.3"; empty: it does not say
  Abilities abilities;
  bool async_answers = false;  // understands kXR_waitresp
  std::string door;        // HOST:PORT of the door that sent the client here; empty when none did
  std::string peer;        // address and port
  bool encrypted = false;  // its connection has TLS
  bool wants_tls = false;  // and it asked for that: it goes nowhere in clear
  std::shared_ptr<const auth::Admission> admission;  // never null

  const auth::Principal& principal() const { return admission->principal; }
};

class Session final : public net::Watched, public std::enable_shared_from_this<Session> {
 public:
  Session(Service& service, net::Socket socket);
  ~Session() override;

  // Serves the connection until it ends. The session is kept alive by `self`.
  static asio::awaitable<void> run(std::shared_ptr<Session> self);

  Service& service() { return *service_; }
  net::Loop& loop() const { return main_.socket.loop(); }
  const std::shared_ptr<const Caller>& caller() const { return caller_; }
  std::string_view peer() const { return peer_; }
  // See short_id(); empty before the login.
  std::string id_for_people() const { return caller_ ? short_id(caller_->id) : std::string(); }

  // A line of the access log for a request that is looked at now; only where there is an access log.
  std::shared_ptr<AccessNote> begin_note(std::string_view request);

  // For the rows about the connection itself (login.cpp).
  bool logged_in() const { return caller_ != nullptr; }
  void log_in(Caller caller);
  // Everything may be asked for: nobody had to prove anything, or somebody did.
  bool is_authorised() const { return is_authorised_; }
  void authorise(std::shared_ptr<const auth::Admission> admission,
                 std::shared_ptr<const auth::SessionCipher> cipher);
  auth::Attempts& attempts() { return attempts_; }
  const asio::ip::address& client_address() const { return client_address_; }
  // The connection becomes a data stream of another session after this request; see adopt().
  void hand_over(SessionRegistry::Entry target, StreamId stream);
  // Ends the session after the answers that are composed.
  void close_after_answer() { closing_ = true; }
  // Takes over a connection as a bound stream and answers its kXR_bind there. On this session's
  // loop.
  void adopt(Fd connection, asio::ip::tcp protocol, asio::ip::address client, StreamId stream,
             std::unique_ptr<net::TlsStream> tls);

  // What the client asks for and the rules want (session_tls.cpp).
  bool is_encrypted() const { return main_.socket.is_encrypted(); }
  TlsAnswer answer_about_tls(const Protocol& request);
  // After the answers that are composed the client begins a handshake.
  asio::awaitable<Status> begin_tls();

  std::shared_ptr<File> file(std::uint32_t handle) const;
  std::shared_ptr<File> take_file(std::uint32_t handle);
  // The channel of a path id, or null. 255 leaves the choice to the server.
  static constexpr std::uint8_t any_path = 0xff;
  Channel* channel(std::uint8_t path);
  // Work whose answer or data travel on a bound stream: one after the other there.
  void enqueue(std::uint8_t path, asio::awaitable<Status> work);
  // Resumes the caller whenever some answer was given.
  asio::awaitable<void> next_answer();

  // Runs `work` beside the main coroutine; its answer is announced when it takes long and the
  // client understands that.
  void spawn_answer(Exchange exchange, Task<Reply> work, bool changes_file);
  // Work that goes on after the answer to the request it is from; it ends with the session.
  void spawn(asio::awaitable<void> work);
  std::uint32_t insert_file(std::shared_ptr<File> opened);
  bool can_open_more() const;

  void tick(Clock::time_point now) override;
  void drain() override;
  void expire() override;

 private:
  friend class Answer;
  friend struct Exchange;

  enum class Phase : std::uint8_t { greeting, idle, partial, busy };
  enum class Step : std::uint8_t { more, flow, drain, end };
  struct Demand {
    const Row* row = nullptr;
    std::size_t payload = 0;     // bytes to have before the request starts
    std::optional<Error> error;  // why it is refused and the connection with it
  };
  struct Pending {  // an answer that a child will give
    StreamId stream{};
    Clock::time_point since;
    bool announced = false;
    bool partly_sent = false;
  };
  struct Slot {
    std::shared_ptr<File> file;
    std::uint16_t generation = 0;
  };
  struct BoundStream {
    explicit BoundStream(net::Socket socket)
        : channel(std::move(socket)),
          wake(channel.socket.loop().context(), asio::steady_timer::time_point::max()) {}
    Channel channel;
    std::deque<asio::awaitable<Status>> work;
    asio::steady_timer wake;  // never fires; cancelled when there is work
    bool gone = false;
  };

  asio::awaitable<void> serve(TaskGroup& group);
  asio::awaitable<bool> greet();
  asio::awaitable<bool> take_proxy_header();
  Step next_request();
  Demand demand_of(const RequestHeader& header) const;
  bool signs() const;
  Status check_signature(const RequestHeader& header, HeaderBytes bytes, ByteView payload);
  Step refuse_unknown(const RequestHeader& header);
  Step refuse(const RequestHeader& header, Error error, bool close);
  Step start(const Row& row, const RequestHeader& header, ByteView payload);
  bool may_end() const;
  asio::awaitable<bool> settle();
  asio::awaitable<void> wait_for_room();
  asio::awaitable<void> give_answer(Exchange exchange, Task<Reply> work, bool changes_file);
  asio::awaitable<void> settle_child(Channel* out);
  asio::awaitable<void> serve_stream(BoundStream* stream, StreamId bind_stream);
  void announce(Pending& pending);
  void finish_handover();
  void note_encryption();
  void describe_connection();
  void note_refusal(const Exchange& exchange, ByteView body);
  void note_end();
  void enter(Phase phase);
  bool count_progress();

  Service* service_;
  asio::ip::address client_address_;
  std::string peer_;
  Channel main_;
  std::vector<std::unique_ptr<BoundStream>> streams_;
  std::shared_ptr<const Caller> caller_;
  auth::Attempts attempts_;
  std::shared_ptr<const auth::SessionCipher> cipher_;  // of signatures; null: there is no key
  std::vector<Slot> files_;
  std::size_t open_files_ = 0;
  std::list<Pending> pending_;
  TaskGroup* group_ = nullptr;   // while serve() runs
  asio::steady_timer answered_;  // never fires; cancelled when an answer was given
  Flow flow_;                    // what next_request() left to be awaited
  std::shared_ptr<const void> held_ = std::make_shared<int>(0);  // see SessionRegistry::Entry
  std::string note_head_;                                        // of every line in the access log
  SessionRegistry::Entry handover_;
  StreamId handover_stream_{};
  std::size_t need_ = 0;  // bytes next_request() lacks
  Clock::time_point batch_time_;
  Clock::time_point connected_at_;
  Clock::time_point phase_since_;
  Clock::time_point progress_at_;
  std::uint64_t sent_ = 0;  // as last told to the metrics
  std::uint64_t received_ = 0;
  unsigned bad_requests_ = 0;
  Phase phase_ = Phase::greeting;
  SignatureCheck signatures_;
  bool is_authorised_ = false;
  bool awaits_tls_ = false;  // the client begins after its login
  bool wants_tls_ = false;
  bool closing_ = false;
  bool expired_ = false;
  net::Loop::Place place_;
};

}  // namespace sluice::xroot::server
