// SPDX-License-Identifier: Apache-2.0
// The files that tell accounts of DNs and FQANs:
//   grid-mapfile    "/DC=org/CN=Jane Doe" jane,jdoe
//   vo-map          "/cms/Role=production" cmsprod         or with a DN before, as grid-vorolemap has it:
//                   "*" "/cms/Role=production" cmsprod
// Lines that begin with # say nothing.
#pragma once

#include "auth/parsed_file.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::auth {

inline constexpr std::size_t max_map_file = 64U << 20;  // bytes

class GridMap {
 public:
  // Errc::invalid_argument names the line.
  static Result<GridMap> parse(const FileText& file, const std::string& path);

  // The first account of the line; nullptr when there is none for the DN.
  const std::string* account(std::string_view dn) const;
  std::size_t size() const { return accounts_.size(); }

 private:
  std::unordered_map<std::string, std::string> accounts_;  // by canonical DN
};

class VoMap {
 public:
  static Result<VoMap> parse(const FileText& file, const std::string& path);

  // Of the first FQAN that a line is for, in the order of the client; of several lines the first.
  const std::string* account(std::string_view dn, const std::vector<std::string>& fqans) const;
  std::size_t size() const { return lines_.size(); }

 private:
  struct Line {
    std::string dn;  // patterns
    std::string fqan;
    std::string account;
  };
  std::vector<Line> lines_;
};

}  // namespace sluice::auth
