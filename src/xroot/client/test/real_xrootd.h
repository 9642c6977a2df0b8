// SPDX-License-Identifier: Apache-2.0
// Debian's xrootd on a random loopback port with an empty directory of its own, for tests of what real servers answer.
// It refuses to run as root, so then it is told to become nobody.
#pragma once

#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

namespace sluice::xroot::client {

class RealXrootd {
 public:
  static bool is_installed() { return ::access("/usr/bin/xrootd", X_OK) == 0; }

  explicit RealXrootd(std::string extra_config = {}) : port_(free_port()) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "sluice-xrootd-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    folder_ = pattern;
    std::filesystem::create_directories(data());
    std::filesystem::create_directories(folder_ / "admin");
    std::ofstream(folder_ / "xrootd.cfg")
        << "all.export /\n"
        << "oss.localroot " << data().string() << "\n"
        << "xrd.port " << port_ << "\n"
        << "xrootd.chksum max 2 adler32 crc32c md5\n"
        << "xrootd.async off\n"
        << "all.adminpath " << (folder_ / "admin").string() << "\n"
        << "all.pidpath " << (folder_ / "admin").string() << "\n"
        << extra_config;
    if (::geteuid() == 0) give_away(folder_);
    start();
  }
  RealXrootd(const RealXrootd&) = delete;
  RealXrootd& operator=(const RealXrootd&) = delete;
  ~RealXrootd() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string url(const std::string& path = "/") const {
    return "root://localhost:" + std::to_string(port_) + "/" + path;
  }
  std::filesystem::path data() const { return folder_ / "data"; }

  // What the server sees at `path`.
  void put(const std::string& path, const std::string& content) {
    std::filesystem::path file = data() / path.substr(1);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    if (::geteuid() == 0) give_away(data());
  }
  std::string get(const std::string& path) const {
    std::ifstream file(data() / path.substr(1), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void start() {
    const passwd* nobody = ::geteuid() == 0 ? ::getpwnam("nobody") : nullptr;
    pid_ = ::fork();
    if (pid_ == 0) {
      if (nobody != nullptr && (::setgid(nobody->pw_gid) != 0 || ::setuid(nobody->pw_uid) != 0))
        ::_exit(126);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves no server behind
      std::string config = (folder_ / "xrootd.cfg").string();
      std::string log = (folder_ / "log").string();
      ::execl("/usr/bin/xrootd", "xrootd", "-c", config.c_str(), "-l", log.c_str(), nullptr);
      ::_exit(127);
    }
    wait_until_listening();
  }
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  static std::uint16_t free_port() {
    int fd = ::socket(AF_INET6, SOCK_STREAM, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    socklen_t size = sizeof(address);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no free port");
    }
    ::close(fd);
    return ntohs(address.sin6_port);
  }

  static void give_away(const std::filesystem::path& folder) {
    const passwd* nobody = ::getpwnam("nobody");
    if (nobody == nullptr) throw std::runtime_error("there is no user nobody");
    auto give = [nobody](const std::filesystem::path& path) {
      if (::lchown(path.c_str(), nobody->pw_uid, nobody->pw_gid) != 0)
        throw std::runtime_error("chown");
    };
    give(folder);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
      give(entry.path());
  }

  void wait_until_listening() const {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
      int fd = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port_);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      bool is_up = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
      ::close(fd);
      if (is_up) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    throw std::runtime_error("xrootd did not start");
  }

  std::uint16_t port_;
  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

}  // namespace sluice::xroot::client
