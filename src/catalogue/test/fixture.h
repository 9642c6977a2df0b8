// SPDX-License-Identifier: Apache-2.0
// A fresh catalogue for each test, the same test once per engine.
#pragma once

#include "catalogue/api.h"
#include "catalogue/test/postgres_server.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

namespace sluice::catalogue {

// A temporary folder that goes away with the test; the blank in its name is on purpose. In memory where that is possible: no
// test cuts the power, and thousands of commits that reach a disk take their time.
class Folder {
 public:
  Folder() {
    const std::filesystem::path memory = "/dev/shm";
    const bool usable = ::access(memory.c_str(), W_OK) == 0;
    const auto parent = usable ? memory : std::filesystem::temp_directory_path();
    std::string pattern = (parent / "sluice cat-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

template <class T>
Errc code_of(const Result<T>& result) {
  if (result) throw std::runtime_error("expected an error");
  return result.error().code;
}

// Time of its own: a nanosecond passes with each look, more on demand.
struct ManualClock {
  std::shared_ptr<std::atomic<std::int64_t>> now =
      std::make_shared<std::atomic<std::int64_t>>(1'000'000'000'000);
  std::int64_t operator()() const { return ++*now; }
  void pass(std::int64_t ns) const { *now += ns; }
};

class EngineTest : public testing::TestWithParam<sql::Engine> {
 protected:
  EngineTest() {
    config.url = GetParam() == sql::Engine::sqlite
                     ? "sqlite:" + (folder.path() / "catalogue.db").string()
                     : PostgresServer::instance().new_database();
  }

  std::unique_ptr<Catalogue> open() {
    auto opened = Catalogue::open(config, clock);
    if (!opened) throw std::runtime_error(opened.error().message());
    return std::move(*opened);
  }

  Folder folder;
  CatalogueConfig config;
  ManualClock clock;
};

// With a catalogue that is open already.
class CatalogueTest : public EngineTest {
 protected:
  std::unique_ptr<Catalogue> catalogue = open();
  Namespace& names = catalogue->names();

  Entry directory(const std::string& path) {
    return names.make_path(root_directory, names_of_path(path).value(), {}).value();
  }
  PoolId pool(const std::string& name = "pool1") {
    return catalogue->pools().enter(name, {"root://" + name + ":1095"}, {}).value().id;
  }
  // A file as clients see it, with one replica.
  Result<Entry> upload(FileId parent, const std::string& name, std::uint64_t size,
                       const NewUpload& wanted = {}) {
    SLUICE_TRY(const Entry made, catalogue->uploads().begin(parent, name, wanted));
    return catalogue->uploads().commit(made.id, {.pool = pool(), .size = size});
  }
};

inline std::string engine_name(const testing::TestParamInfo<sql::Engine>& info) {
  return info.param == sql::Engine::sqlite ? "SQLite" : "PostgreSQL";
}

inline const auto both_engines = testing::Values(sql::Engine::sqlite, sql::Engine::postgresql);

}  // namespace sluice::catalogue
