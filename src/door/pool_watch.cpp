// SPDX-License-Identifier: Apache-2.0
#include "door/pool_watch.h"

#include "door/door_log.h"
#include "xroot/client/server_watch.h"

#include <boost/asio/steady_timer.hpp>

#include <set>

namespace sluice::door {
namespace {

class WatchedPool final : public xroot::client::WatchedServer {
 public:
  WatchedPool(PoolBoard& board, const PoolView& view)
      : board_(board), id_(view.pool.id), name_(view.pool.name) {}

  std::optional<Endpoint> address() const override {
    auto view = board_.find(id_);  // it may have another one by now
    return view ? std::optional(view->address) : std::nullopt;
  }
  void answered(bool it_did) override {
    if (it_did != std::exchange(answered_, it_did))
      log.warn(it_did ? "pool.answers" : "pool.silent", {{"pool", name_}});
    board_.set_reachable(id_, it_did);
  }

 private:
  PoolBoard& board_;
  const catalogue::PoolId id_;
  const std::string name_;
  bool answered_ = true;
};

}  // namespace

// One coroutine per pool, so that one that hangs keeps nobody from asking the others.
asio::awaitable<void> PoolWatch::run() {
  co_await with_task_group([this](TaskGroup& group) -> asio::awaitable<void> {
    std::set<std::int64_t> asked;
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (;;) {
      auto picture = board_.picture();
      for (const auto& view : *picture)
        if (asked.insert(view->pool.id.number).second)
          group.spawn(xroot::client::watch_server(std::make_shared<WatchedPool>(board_, *view),
                                                  config_.refresh, "sluice-door"));
      pause.expires_after(config_.refresh);
      if (auto [error] = co_await pause.async_wait(as_value); error) co_return;
    }
  });
}

}  // namespace sluice::door
