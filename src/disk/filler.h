// SPDX-License-Identifier: Apache-2.0
// Whoever fills a file in place of the client that opened it: a third-party copy. The client's first kXR_sync begins it,
// the next ones wait for its end, and kXR_close is good only after that.
#pragma once

#include "base/result.h"
#include "xroot/server/handler.h"

#include <memory>

namespace sluice::xroot::server {
class Session;
}

namespace sluice::disk {

class OpenFile;

class Filler {
 public:
  Filler() = default;
  Filler(const Filler&) = delete;
  Filler& operator=(const Filler&) = delete;
  virtual ~Filler() = default;

  // `file` is the one that it belongs to. On the session's loop.
  virtual Task<xroot::server::Reply> sync(xroot::server::Session* session,
                                          std::shared_ptr<OpenFile> file) = 0;

  // From now on nothing is written to the file. The error says why it is not whole. Any thread; waits for one write at most.
  virtual Status end() = 0;
};

}  // namespace sluice::disk
