// SPDX-License-Identifier: Apache-2.0
// HASH.signing_policy, Globus' list (EACL) of the names that an authority may sign:
//
//   access_id_CA  X509  '/C=EX/O=Authority'
//   pos_rights    globus CA:sign
//   cond_subjects globus '"/C=EX/O=Site A/*" "/C=EX/O=Site B/*"'
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth::gsi {

// * is any text, ? any character.
bool matches_pattern(std::string_view pattern, std::string_view text);

class SigningPolicy {
 public:
  // Errc::invalid_argument names the line. Negative rights and other conditions are not known: such a file is an error.
  static Result<SigningPolicy> parse(std::string_view text);

  // Both in slash form. Patterns know * (any text) and ?; "/Email=" and "/E=" are "/emailAddress=".
  bool allows(std::string_view authority, std::string_view subject) const;

 private:
  struct Entry {
    std::string authority;
    bool may_sign = false;
    std::vector<std::string> subjects;
  };
  std::vector<Entry> entries_;
};

}  // namespace sluice::auth::gsi
