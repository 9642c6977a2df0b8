// SPDX-License-Identifier: Apache-2.0
// Runs a test's coroutine with a client of its own.
#pragma once

#include "base/test/run.h"
#include "xroot/client/api.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace sluice::xroot::client {

// Body: Task<T>(Client&).
template <class Body>
auto use(ClientOptions options, Body body) {
  return run_for(with_client(std::move(options), std::move(body)));
}

template <class Body>
auto use(Body body) {
  return use(ClientOptions{}, std::move(body));
}

template <class T>
testing::AssertionResult succeeded(const Result<T>& result) {
  if (result) return testing::AssertionSuccess();
  return testing::AssertionFailure() << result.error().message();
}

inline std::string pattern(std::size_t size, unsigned seed = 1) {
  std::string text(size, '\0');
  std::uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
  for (char& c : text) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    c = static_cast<char>(state >> 56);
  }
  return text;
}

inline ByteSpan span_of(std::string& text) { return std::as_writable_bytes(std::span(text)); }

}  // namespace sluice::xroot::client
