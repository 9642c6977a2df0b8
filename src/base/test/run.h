// SPDX-License-Identifier: Apache-2.0
// Runs a coroutine of a test to its end on an io_context of its own.
#pragma once

#include "base/task_group.h"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace sluice {

// What `body` throws comes out here.
inline void run(asio::awaitable<void> body) {
  asio::io_context context(1);
  std::exception_ptr thrown;
  spawn_root(context, std::move(body), [&thrown](std::exception_ptr e) { thrown = e; });
  context.run();
  if (thrown) std::rethrow_exception(thrown);
}

template <class T>
T run_for(asio::awaitable<T> body) {
  std::optional<T> value;
  run(keep_value(std::move(body), &value));
  return std::move(*value);
}

}  // namespace sluice
