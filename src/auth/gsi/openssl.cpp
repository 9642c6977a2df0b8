// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/openssl.h"

#include <openssl/err.h>

namespace sluice::auth::gsi {

Memory memory_of(ByteView bytes) {
  return Memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

std::string text_in(BIO* memory) {
  char* start = nullptr;
  long size = BIO_get_mem_data(memory, &start);
  return size > 0 ? std::string(start, static_cast<std::size_t>(size)) : std::string();
}

std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason ? reason : "it is not in order";
}

}  // namespace sluice::auth::gsi
