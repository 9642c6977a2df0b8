// SPDX-License-Identifier: Apache-2.0
// Operations of the catalogue per second, on both engines and for growing numbers of files. What is acknowledged is on the
// disk, as in production. Prints a table, and JSON where it is told to.
#include "base/log.h"
#include "catalogue/paths.h"
#include "catalogue/tree.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

namespace sluice::bench {
namespace {

using namespace catalogue;
using Engine = sql::Engine;

struct Options {
  std::vector<std::size_t> sizes{1'000, 10'000, 100'000};
  double seconds = 1;
  std::size_t threads = 4;
  std::vector<std::size_t> writers{1, 4, 16, 64};
  std::string json;
};

struct Figure {
  std::string engine;
  std::size_t files;
  std::string what;
  double rate;
};

// `step(thread, n)` is the n-th operation of a thread; false ends it early.
using Step = std::function<bool(std::size_t, std::size_t)>;

double rate_of(const Options& options, std::size_t count, const Step& step) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::duration_cast<Clock::duration>(
                               std::chrono::duration<double>(options.seconds));
  std::atomic<std::size_t> done = 0;
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < count; ++t) {
      threads.emplace_back([&, t] {
        std::size_t n = 0;
        while (Clock::now() < end && step(t, n)) ++n;
        done += n;
      });
    }
  }
  return static_cast<double>(done) / std::chrono::duration<double>(Clock::now() - begin).count();
}

double rate_of(const Options& options, const Step& step) {
  return rate_of(options, options.threads, step);
}

std::size_t any_of(std::size_t count) {
  thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
}

template <class T>
bool good(const Result<T>& result) {
  if (!result) throw std::runtime_error(result.error().message());
  return true;
}

// Each thread has a directory of its own, and one that all share.
class Changes {
 public:
  Changes(Tree& tree, const Options& options) : tree_(tree), options_(options) {
    for (std::size_t t = 0; t < options.threads; ++t) {
      auto made = tree.catalogue->names().make_path(root_directory, {"new", std::to_string(t)}, {});
      good(made);
      directories_.push_back(made->id);
    }
    made_.resize(options.threads);
  }

  double uploads() {
    return rate_of(options_, [&](std::size_t t, std::size_t n) {
      auto begun = tree_.catalogue->uploads().begin(directories_[t], name(n), {});
      good(begun);
      made_[t] = n + 1;
      return good(tree_.catalogue->uploads().commit(
          begun->id, {.pool = tree_.pool, .size = 1, .checksums = {{"adler32", "00000001"}}}));
    });
  }
  double deletes() {
    return rate_of(options_, [&](std::size_t t, std::size_t n) {
      return n < made_[t] && good(tree_.catalogue->names().remove(directories_[t], name(n)));
    });
  }
  double directories() {
    return rate_of(options_, [&](std::size_t t, std::size_t n) {
      const std::string own = "d" + std::to_string(t) + "-" + std::to_string(n);
      return good(tree_.catalogue->names().make_directory(directories_[0], own, {}));
    });
  }

 private:
  static std::string name(std::size_t n) { return "f" + std::to_string(n); }

  Tree& tree_;
  const Options& options_;
  std::vector<FileId> directories_;
  std::vector<std::size_t> made_;
};

// Files per second that so many writers make at the same time, each in a directory of its own.
double creates(Tree& tree, const Options& options, std::size_t writers) {
  std::vector<FileId> directories;
  const std::string name = "writers" + std::to_string(writers);
  for (std::size_t t = 0; t < writers; ++t) {
    auto made = tree.catalogue->names().make_path(root_directory, {name, std::to_string(t)}, {});
    good(made);
    directories.push_back(made->id);
  }
  return rate_of(options, writers, [&](std::size_t t, std::size_t n) {
    auto begun = tree.catalogue->uploads().begin(directories[t], "f" + std::to_string(n),
                                                 {.pool = tree.pool});
    good(begun);
    return good(tree.catalogue->uploads().commit(begun->id, {.pool = tree.pool, .size = 1}));
  });
}

// Entries per second of listings in pages of a thousand.
double listing(Tree& tree, const Options& options) {
  const FileId directory = tree.catalogue->names().lookup("/vo/data/d0").value().id;
  std::atomic<std::size_t> entries = 0;
  const double pages = rate_of(options, [&](std::size_t, std::size_t) {
    auto page = tree.catalogue->names().list(directory, "", 1'000);
    good(page);
    entries = page->entries.size();
    return true;
  });
  return pages * static_cast<double>(entries);
}

// Names that are kept in memory, as a door asks for them.
double recalls(Tree& tree, const Options& options) {
  constexpr std::size_t most = 10'000;
  auto& names = tree.catalogue->names();
  const std::size_t count = std::min(tree.files, most);
  for (std::size_t i = 0; i < count; ++i) good(names.locate(tree.path(i)));
  std::atomic<std::size_t> misses = 0;
  const double rate = rate_of(options, [&](std::size_t, std::size_t) {
    const std::string path = tree.path(any_of(count));
    if (names.recall(path)) return true;
    ++misses;
    return good(names.locate(path));
  });
  if (misses > count) throw std::runtime_error("names are not kept");
  return rate;
}

void measure(Tree& tree, const std::string& engine, const Options& options,
             std::vector<Figure>& out) {
  auto add = [&](const std::string& what, double rate) {
    out.push_back({engine, tree.files, what, rate});
    std::cout << fmt::format("{:<11} {:>8}  {:<22} {:>10.0f} /s", engine, tree.files, what, rate)
              << std::endl;
  };
  auto& names = tree.catalogue->names();
  add("lookups", rate_of(options, [&](std::size_t, std::size_t) {
        return good(names.lookup(tree.path(any_of(tree.files))));
      }));
  add("lookups in memory", recalls(tree, options));
  auto database = sql::Database::open({.url = tree.url});
  good(database);
  Options single = options;
  single.threads = 1;
  single.seconds = options.seconds / 3;
  for (auto [way, what] : {std::pair{Way::joins, "path by joins, 1 thr"},
                           std::pair{Way::recursion, "path by recursion, 1"},
                           std::pair{Way::one_by_one, "path one by one, 1"}}) {
    add(what, rate_of(single, [&, chosen = way](std::size_t, std::size_t) {
          const auto path = names_of_path(tree.path(any_of(tree.files))).value();
          if (find_id(**database, path, chosen) == 0) throw std::runtime_error("not found");
          return true;
        }));
  }
  add("listed entries", listing(tree, options));
  Changes changes(tree, options);
  add("uploads", changes.uploads());
  add("deletes", changes.deletes());
  add("mkdirs, one directory", changes.directories());
  for (std::size_t writers : options.writers) {
    add("creates, writers: " + std::to_string(writers), creates(tree, options, writers));
  }
}

void write_json(const std::string& path, const std::vector<Figure>& figures) {
  boost::json::array rows;
  for (const Figure& figure : figures) {
    rows.push_back({{"engine", figure.engine},
                    {"files", figure.files},
                    {"what", figure.what},
                    {"per_second", figure.rate}});
  }
  std::ofstream(path) << boost::json::serialize(rows) << "\n";
}

int run(const Options& options) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("sluice-bench-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::vector<Figure> figures;
  const auto connections =
      static_cast<std::uint32_t>(std::max<std::size_t>(options.threads + 1, 32));
  for (auto [engine, name] :
       {std::pair{Engine::sqlite, "SQLite"}, std::pair{Engine::postgresql, "PostgreSQL"}}) {
    for (std::size_t files : options.sizes) {
      Tree tree = make_tree(engine, folder, files, connections);
      measure(tree, name, options, figures);
    }
  }
  std::filesystem::remove_all(folder);
  if (!options.json.empty()) write_json(options.json, figures);
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  sluice::bench::Options options;
  CLI::App app("Operations of the catalogue per second on SQLite and PostgreSQL.");
  app.add_option("--sizes", options.sizes, "Numbers of files")->delimiter(',');
  app.add_option("--seconds", options.seconds, "Length of each measurement");
  app.add_option("--threads", options.threads, "Requests at the same time");
  app.add_option("--writers", options.writers, "Numbers of writers for the creates")
      ->delimiter(',');
  app.add_option("--json", options.json, "Also write the figures into this file");
  CLI11_PARSE(app, argc, argv);
  try {
    return sluice::bench::run(options);
  } catch (const std::exception& error) {
    std::cerr << "sluice_catalogue_bench: " << error.what() << "\n";
    return 1;
  }
}
