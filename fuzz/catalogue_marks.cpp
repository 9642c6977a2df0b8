// SPDX-License-Identifier: Apache-2.0
// What other processes say that they changed: a text that anybody may send who may connect to the database. What was read is
// written as text that reads the same.
#include "catalogue/change_feed.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const auto marks = catalogue::marks_of_text(as_text(fuzz::view(data, size)));
  fuzz::check(marks.size() <= size);
  fuzz::check(catalogue::marks_of_text(catalogue::marks_to_text(marks)) == marks);
  return 0;
}
