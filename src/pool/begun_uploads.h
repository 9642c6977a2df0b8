// SPDX-License-Identifier: Apache-2.0
// The uploads that came to this pool. A right to upload is good for one open: a client that lost its connection opens again
// and goes on where it was, but what it had written went with the connection, and the rest alone would be a file with a
// hole in it. Thread-safe.
#pragma once

#include "catalogue/types.h"

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace sluice::pool {

class BegunUploads {
 public:
  // False: it was begun before. Kept until `expires`, when no right for it is good any more; seconds since 1970.
  bool begin(catalogue::FileId upload, std::uint32_t expires, std::uint32_t now);
  // The catalogue could not be told that it ended; who asks for what is owed tells it.
  void owe_abort(catalogue::FileId upload);
  std::vector<catalogue::FileId> take_owed();

 private:
  void drop_expired(std::uint32_t now);

  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::uint32_t> begun_;  // id to the end of its right
  std::size_t drop_at_ = 1024;
  std::vector<catalogue::FileId> owed_;
};

}  // namespace sluice::pool
