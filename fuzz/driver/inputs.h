// SPDX-License-Identifier: Apache-2.0
// Inputs of fuzz targets: each file of a folder as it is, and each case of a .hex file (tests/conformance) as its bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::fuzz {

using Input = std::vector<std::uint8_t>;

inline void append_hex(Input& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  int high = -1;
  for (char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) continue;
    if (high < 0) {
      high = static_cast<int>(digit);
      continue;
    }
    out.push_back(static_cast<std::uint8_t>(high * 16 + static_cast<int>(digit)));
    high = -1;
  }
}

inline void load_hex(const std::filesystem::path& file, std::vector<Input>& out) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("case ")) out.emplace_back();
    if (line.starts_with("hex ") && !out.empty())
      append_hex(out.back(), std::string_view(line).substr(4));
  }
}

// In the order of their names, so that runs repeat. A path that is not there has no inputs.
inline std::vector<Input> load_inputs(int count, char** paths) {
  std::vector<std::filesystem::path> files;
  for (int i = 0; i < count; ++i) {
    std::error_code none;
    if (std::filesystem::is_regular_file(paths[i], none)) files.emplace_back(paths[i]);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(paths[i], none)) {
      if (entry.is_regular_file() && entry.path().extension() != ".md")
        files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  std::vector<Input> inputs;
  for (const auto& file : files) {
    if (file.extension() == ".hex") {
      load_hex(file, inputs);
      continue;
    }
    std::ifstream in(file, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return inputs;
}

}  // namespace sluice::fuzz
