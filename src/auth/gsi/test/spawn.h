// SPDX-License-Identifier: Apache-2.0
// Programs of the peers that tests meet: started, waited for, with what they said.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace sluice::auth::gsi::test {

using Environment = std::map<std::string, std::string>;

// The child of a program; it ends with the test. Its output goes to `output`.
inline pid_t start_program(const std::vector<std::string>& words, const Environment& environment,
                           const std::filesystem::path& output, uid_t user = 0, gid_t group = 0) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::vector<std::string> settings{"PATH=/usr/sbin:/usr/bin:/bin"};
  for (const auto& [name, value] : environment) settings.push_back(name + "=" + value);
  std::vector<char*> variables;
  for (std::string& one : settings) variables.push_back(one.data());
  variables.push_back(nullptr);
  int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  pid_t child = ::fork();
  if (child == 0) {
    ::dup2(file, 1);
    ::dup2(file, 2);
    if (user != 0 && (::setgid(group) != 0 || ::setuid(user) != 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execve(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  ::close(file);
  return child;
}

inline std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Ended {
  int code;
  std::string output;
};
inline Ended run_program(const std::vector<std::string>& words, const Environment& environment,
                         const std::filesystem::path& output) {
  int status = 0;
  ::waitpid(start_program(words, environment, output), &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of_file(output)};
}

}  // namespace sluice::auth::gsi::test
