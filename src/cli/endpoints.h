// SPDX-License-Identifier: Apache-2.0
// The two ends of a copy: where bytes come from and where they go, on a server, on the local disk
// or in a standard stream. Local reads and writes run in the pool of blocking work, so that disk
// and network overlap.
#pragma once

#include "cli/remote.h"

#include <memory>
#include <optional>

namespace sluice::cli {

class Source {
 public:
  virtual ~Source() = default;
  // Unknown for streams.
  virtual std::optional<std::uint64_t> size() const = 0;
  // Read from the start to the end only: pieces must be asked for in order, one at a time.
  virtual bool is_sequential() const { return false; }
  // Fills `into`, or as much of it as there is before the end.
  virtual Task<std::size_t> read(std::uint64_t offset, ByteSpan into) = 0;
  virtual Task<void> close() = 0;
  // Permissions that a copy should have; 0 when unknown.
  virtual std::uint16_t mode() const { return 0; }
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual bool is_sequential() const { return false; }
  virtual Task<void> write(std::uint64_t offset, ByteView data) = 0;
  // Only now is the file complete.
  virtual Task<void> close() = 0;
};

struct SinkOptions {
  bool force = false;   // replaces an existing file
  bool resume = false;  // the file exists and is continued
  bool posc = false;
  bool make_path = false;
  std::uint16_t mode = 0644;
  std::optional<std::uint64_t> size;  // told to the server, which may want to find room for it
};

// True when both are names of one local file, which a copy onto itself would empty.
bool is_same_local_file(const Place& a, const Place& b);

Task<std::unique_ptr<Source>> open_source(Remote remote, Place place);
Task<std::unique_ptr<Sink>> open_sink(Remote remote, Place place, SinkOptions options);

}  // namespace sluice::cli
