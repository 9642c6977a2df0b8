// SPDX-License-Identifier: Apache-2.0
#include "app/admin_routes.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/json.h"
#include "pool/comparison.h"

#include <fmt/format.h>

namespace sluice::app {
namespace {

using pool::QueueSettings;

const Logger log("app");
constexpr Duration longest_check = std::chrono::hours(48);
constexpr std::string_view kept_as = "queue.";  // and the name: the pool's setting

cli::JsonObject as_json(const pool::MoverInfo& mover) {
  return cli::JsonObject()
      .add("id", mover.id.number)
      .add("queue", mover.request.queue)
      .add("state", mover.is_active ? "active" : "waiting")
      .add("file", mover.request.file)
      .add("path", mover.request.path)
      .add("direction", mover.request.writes ? "write" : "read")
      .add("user", mover.request.user)
      .add("client", mover.request.client)
      .add("application", mover.request.application)
      .add("bytes", mover.bytes)
      .add("waited_ms", mover.waited.count())
      .add("running_ms", mover.running.count())
      .add("idle_ms", mover.idle.count());
}

cli::JsonObject as_json(const QueueSettings& queue) {
  return cli::JsonObject()
      .add("queue", queue.name)
      .add("order", queue.limits.order == pool::QueueOrder::lifo ? "lifo" : "fifo")
      .add("max_active", queue.limits.max_active)
      .add("idle_timeout_ms", queue.limits.idle_timeout.count())
      .add("total_timeout_ms", queue.limits.total_timeout.count());
}

Task<http::Response> list_movers(const PoolAdmin* parts) {
  cli::JsonArray out;
  for (const pool::MoverInfo& mover : parts->movers->list()) out.add(as_json(mover));
  co_return http::json_response(out.text());
}

Task<http::Response> kill_mover(const PoolAdmin* parts, http::Request request) {
  SLUICE_CO_TRY(const auto number,
                parse_int<std::uint64_t>(request.parameter("id"), 0, UINT64_MAX));
  const std::string reason = request.query_value("reason").value_or("killed by an operator");
  SLUICE_CO_CHECK(parts->movers->kill({number}, reason));
  co_return http::json_response(cli::JsonObject().add("killed", number).text());
}

Task<http::Response> list_queues(const PoolAdmin* parts) {
  cli::JsonArray out;
  for (const pool::QueueInfo& queue : parts->movers->queues())
    out.add(as_json(queue.settings).add("active", queue.active).add("waiting", queue.waiting));
  co_return http::json_response(out.text());
}

// The queue as it is, or a new one, with the words of the request.
Result<QueueSettings> wanted(const PoolAdmin& parts, const http::Request& request) {
  std::string line(request.parameter("name"));
  pool::QueueLimits before;
  for (const pool::QueueInfo& known : parts.movers->queues())
    if (known.settings.name == line) before = known.settings.limits;
  for (const char* key : {"order", "max_active", "idle", "total"}) {
    if (auto value = request.query_value(key)) line += fmt::format(" {}={}", key, *value);
  }
  return pool::parse_queue(line, before);
}

Status keep(const PoolAdmin& parts, const std::string& name,
            const std::optional<std::string>& text) {
  return parts.catalogue->pools().set(parts.pool, std::string(kept_as) + name, text);
}

Task<http::Response> set_queue(const PoolAdmin* parts, http::Request request) {
  SLUICE_CO_TRY(const QueueSettings queue, wanted(*parts, request));
  SLUICE_CO_CHECK(parts->movers->put(queue));
  SLUICE_CO_CHECK(co_await offload(*parts->blocking,
                                   [&] { return keep(*parts, queue.name, pool::to_text(queue)); }));
  log.info("queue.set", {{"queue", pool::to_text(queue)}});
  co_return http::json_response(as_json(queue).text());
}

Task<http::Response> remove_queue(const PoolAdmin* parts, http::Request request) {
  const std::string name(request.parameter("name"));
  SLUICE_CO_CHECK(parts->movers->remove(name));
  SLUICE_CO_CHECK(
      co_await offload(*parts->blocking, [&] { return keep(*parts, name, std::nullopt); }));
  co_return http::json_response(cli::JsonObject().add("removed", name).text());
}

cli::JsonArray numbers(const std::vector<pool::FileId>& files) {
  cli::JsonArray out;
  for (pool::FileId file : files) out.add(std::to_string(file.number));
  return out;
}

// What a request says about files that nobody knows.
Result<pool::Unknown> unknown_of(const http::Request& request) {
  pool::Unknown unknown;
  unknown.removed = request.query_value("remove_unknown").has_value();
  const auto age = request.query_value("older_than");
  if (!age) return unknown;
  if (!unknown.removed)
    return fail(Errc::invalid_argument, "--older-than goes with --remove-unknown");
  SLUICE_TRY(unknown.older_than, parse_duration(*age));
  return unknown;
}

Task<http::Response> check_pool(const PoolAdmin* parts, http::Request request) {
  SLUICE_CO_TRY(const pool::Unknown unknown, unknown_of(request));
  // Where whole files are read for hours, too: it must not take the threads of what clients wait for.
  SLUICE_CO_TRY(const auto found, co_await offload(parts->service->checksum_pool, [&] {
                  return pool::compare_with_catalogue(*parts->service, unknown);
                }));
  co_return http::json_response(cli::JsonObject()
                                    .add("replicas", found.replicas)
                                    .add("lost", found.lost)
                                    .add("found", found.found)
                                    .add("unknown", found.unknown)
                                    .add("removed", found.removed)
                                    .add("lost_files", numbers(found.lost_files))
                                    .add("unknown_files", numbers(found.unknown_files))
                                    .text());
}

std::int64_t age_ms(std::int64_t time_ns) {
  return time_ns == 0 ? 0 : (catalogue::system_clock_ns() - time_ns) / 1'000'000;
}

Task<http::Response> scrub(const PoolAdmin* parts) {
  const pool::ScrubState now = parts->scrubber->state();
  const std::uint64_t rate = parts->scrubber->rate();
  const std::string_view state = rate == 0 ? "off" : now.is_under_way() ? "running" : "waiting";
  co_return http::json_response(
      cli::JsonObject()
          .add("state", state)
          .add("rate", rate)
          .add("place", now.place.number)
          .add("since_ms", age_ms(now.round.began_ns))
          .add("replicas", now.round.replicas)
          .add("bytes", now.round.bytes)
          .add("broken", now.round.broken)
          .add("last_ms", age_ms(now.last.ended_ns))
          .add("last_took_ms", (now.last.ended_ns - now.last.began_ns) / 1'000'000)
          .add("last_replicas", now.last.replicas)
          .add("last_bytes", now.last.bytes)
          .add("last_broken", now.last.broken)
          .text());
}

}  // namespace

Routes pool_routes(const PoolAdmin& parts) {
  using http::Method;
  using http::Request;
  auto all = std::make_shared<const PoolAdmin>(parts);
  const std::string movers = std::string(admin_prefix) + "/movers";
  const std::string queues = std::string(admin_prefix) + "/queues";
  return {
      {Method::get, movers, [all](const Request&) { return list_movers(all.get()); }},
      {Method::delete_, movers + "/{id}",
       [all](Request request) { return kill_mover(all.get(), std::move(request)); }},
      {Method::post, std::string(admin_prefix) + "/check",
       [all](Request request) { return check_pool(all.get(), std::move(request)); }, 0,
       longest_check},
      {Method::get, std::string(admin_prefix) + "/scrub",
       [all](const Request&) { return scrub(all.get()); }},
      {Method::get, queues, [all](const Request&) { return list_queues(all.get()); }},
      {Method::put, queues + "/{name}",
       [all](Request request) { return set_queue(all.get(), std::move(request)); }},
      {Method::delete_, queues + "/{name}",
       [all](Request request) { return remove_queue(all.get(), std::move(request)); }},
  };
}

Status restore_queues(const PoolAdmin& parts) {
  SLUICE_TRY(const auto settings, parts.catalogue->pools().settings(parts.pool));
  for (const auto& [name, line] : settings) {
    if (!name.starts_with(kept_as)) continue;
    SLUICE_TRY(const QueueSettings queue, pool::parse_queue(line));
    SLUICE_CHECK(parts.movers->put(queue));
  }
  return {};
}

}  // namespace sluice::app
