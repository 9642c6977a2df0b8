// SPDX-License-Identifier: Apache-2.0
// Driver for machines without libFuzzer and for every test run: each input, then mutations of them that are the same in
// each run. fuzz_NAME PATH...; the environment variable SLUICE_FUZZ_RUNS says how many mutations (default 20000).
// An input that makes the target fail is written to fuzz-failure-NAME before the program ends.
#include "inputs.h"

#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <random>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// Called by the sanitizers before they end the program.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

using sluice::fuzz::Input;

constexpr std::size_t longest = 64 * 1024;

const Input* running = nullptr;
std::string failure_name;

void save_running() {
  if (!running) return;
  std::ofstream out(failure_name, std::ios::binary);
  out.write(reinterpret_cast<const char*>(running->data()),
            static_cast<std::streamsize>(running->size()));
  std::fprintf(stderr, "input written to %s\n", failure_name.c_str());
}

// A property that does not hold traps, and a failed assertion aborts: the sanitizers leave both to us.
void die(int signal) {
  save_running();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(const Input& input) {
  running = &input;
  LLVMFuzzerTestOneInput(input.data(), input.size());
  running = nullptr;
}

class Mutator {
 public:
  explicit Mutator(const std::vector<Input>& seeds) : seeds_(seeds) {}

  Input next() {
    Input input = seeds_[below(seeds_.size())];
    for (std::size_t steps = 1 + below(4); steps > 0; --steps) change(input);
    if (input.size() > longest) input.resize(longest);
    return input;
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  // Numbers at the edges of what lengths and offsets may be.
  static constexpr std::array<std::uint32_t, 12> edges = {
      0, 1, 2, 15, 16, 0xff, 0x1000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

  void change(Input& input) {
    const std::size_t at = below(input.size() + 1);
    const auto here = input.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t count = 1 + below(std::min<std::size_t>(32, input.size() - at + 1));
    switch (below(7)) {
      case 0:
        if (at < input.size()) input[at] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<std::uint8_t>(random_());
        break;
      case 2:
        for (std::size_t i = 0; i < 4 && at + i < input.size(); ++i) {
          input[at + i] = static_cast<std::uint8_t>(edges[edge_] >> (24 - 8 * i));
        }
        edge_ = below(edges.size());
        break;
      case 3:
        input.insert(here, count, static_cast<std::uint8_t>(random_()));
        break;
      case 4:
        input.erase(here, here + static_cast<std::ptrdiff_t>(std::min(count, input.size() - at)));
        break;
      case 5:
        input.resize(at);
        break;
      default: {
        const Input& other = seeds_[below(seeds_.size())];
        input.resize(at);
        input.insert(input.end(),
                     other.begin() + static_cast<std::ptrdiff_t>(std::min(at, other.size())),
                     other.end());
      }
    }
  }

  const std::vector<Input>& seeds_;
  std::mt19937 random_{20120807};
  std::size_t edge_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  failure_name = "fuzz-failure-" + std::filesystem::path(argv[0]).filename().string();
  for (int signal : {SIGILL, SIGTRAP, SIGABRT}) std::signal(signal, die);
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(save_running);
  std::vector<Input> seeds = sluice::fuzz::load_inputs(argc - 1, argv + 1);
  seeds.emplace_back();
  for (const Input& seed : seeds) run(seed);
  long runs = 20000;
  if (const char* wanted = std::getenv("SLUICE_FUZZ_RUNS")) {
    if (std::from_chars(wanted, wanted + std::strlen(wanted), runs).ec != std::errc{}) {
      std::fprintf(stderr, "SLUICE_FUZZ_RUNS is not a number: %s\n", wanted);
      return 2;
    }
  }
  Mutator mutator(seeds);
  for (long i = 0; i < runs; ++i) run(mutator.next());
  std::printf("%zu inputs and %ld mutations\n", seeds.size(), runs);
  return 0;
}
