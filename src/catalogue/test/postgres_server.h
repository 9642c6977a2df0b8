// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL of our own for tests and measurements: Debian's package, a temporary folder, a Unix socket and no TCP. One
// per program, started when it is first asked for and ended by its pid.
#pragma once

#include "catalogue/sql/session.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace sluice::catalogue {

class PostgresServer {
 public:
  // `durable` for measurements: commits reach the disk, as they do in production.
  static PostgresServer& instance(bool durable = false) {
    static PostgresServer server(durable);
    return server;
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer() {
    stop(SIGINT);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // The address of a new, empty database.
  std::string new_database() {
    const std::string name = "t" + std::to_string(++databases_);
    auto session = sql::Session::connect(sql::parse_address(url("postgres")).value(), Duration{0});
    if (!session || !(*session)->run_once("CREATE DATABASE " + name)) {
      throw std::runtime_error("cannot create a database");
    }
    return url(name);
  }

  // SIGQUIT is a crash: no checkpoint, connections cut.
  void stop(int signal) {
    if (server_ <= 0) return;
    ::kill(server_, signal);
    ::waitpid(server_, nullptr, 0);
    server_ = 0;
  }

  // To be called from a thread that lives as long as the program.
  void start() {
    const std::string durable = durable_ ? "on" : "off";
    server_ = spawn({program("postgres"), "-D", folder_ / "data", "-k", folder_, "-c",
                     "listen_addresses=", "-c", "fsync=" + durable, "-c",
                     "unix_socket_permissions=0777", "-c", "max_connections=50"});
    for (int i = 0; i < 200; ++i) {
      if (sql::Session::connect(sql::parse_address(url("postgres")).value(), Duration{0})) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    throw std::runtime_error("PostgreSQL did not start, see " + (folder_ / "log").string());
  }

 private:
  explicit PostgresServer(bool durable) : durable_(durable) {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-pg-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = pattern;
    // The server refuses to be root.
    if (::geteuid() == 0) {
      account_ = ::getpwnam("nobody");
      if (account_ == nullptr ||
          ::chown(folder_.c_str(), account_->pw_uid, account_->pw_gid) != 0) {
        throw std::runtime_error("no account for PostgreSQL");
      }
    }
    const pid_t made = spawn({program("initdb"), "-D", folder_ / "data", "-U", "sluice", "-A",
                              "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"});
    int status = 0;
    if (::waitpid(made, &status, 0) != made || status != 0) {
      throw std::runtime_error("initdb failed, see " + (folder_ / "log").string());
    }
    start();
  }

  std::string url(const std::string& database) const {
    return "postgresql:///" + database + "?host=" + folder_.string() + "&user=sluice";
  }

  // Of the newest version that is installed.
  static std::string program(const std::string& name) {
    std::filesystem::path found;
    int newest = 0;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql")) {
      const int number = parse_int<int>(version.path().filename().string(), 1, 1000).value_or(0);
      if (number > newest && std::filesystem::exists(version.path() / "bin" / name)) {
        newest = number;
        found = version.path() / "bin" / name;
      }
    }
    if (newest < 15) throw std::runtime_error("PostgreSQL 15 or newer is not installed");
    return found.string();
  }

  pid_t spawn(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int log = ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(log, 1);
    ::dup2(log, 2);
    const bool changed =
        account_ == nullptr || (::setgroups(0, nullptr) == 0 && ::setgid(account_->pw_gid) == 0 &&
                                ::setuid(account_->pw_uid) == 0);
    // Also when the test is killed. The kernel takes the end of the thread that forked for that of the program, and
    // forgets the wish when the account changes.
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (changed && ::chdir(folder_.c_str()) == 0) ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  const bool durable_;
  std::filesystem::path folder_;
  passwd* account_ = nullptr;
  pid_t server_ = 0;
  std::atomic<int> databases_ = 0;
};

}  // namespace sluice::catalogue
