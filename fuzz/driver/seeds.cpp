// SPDX-License-Identifier: Apache-2.0
// fuzz_seeds OUT IN...: writes each input of the folders IN as a file of OUT, for libFuzzer.
#include "inputs.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: fuzz_seeds OUT IN...\n");
    return 2;
  }
  std::filesystem::create_directories(argv[1]);
  const auto inputs = sluice::fuzz::load_inputs(argc - 2, argv + 2);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::ofstream out(std::filesystem::path(argv[1]) / ("seed" + std::to_string(i)),
                      std::ios::binary);
    out.write(reinterpret_cast<const char*>(inputs[i].data()),
              static_cast<std::streamsize>(inputs[i].size()));
  }
  return 0;
}
