#include "cli/password.hpp"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace ostiary::cli {
namespace {

/// Keeps the terminal from showing what is typed.
class NoEcho {
 public:
  NoEcho() {
    tcgetattr(STDIN_FILENO, &before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
};

std::expected<Secret, std::string> read_line() {
  std::string line;
  if (!std::getline(std::cin, line)) return std::unexpected("no password was given");
  if (line.ends_with('\r')) line.pop_back();
  return Secret(std::move(line));
}

std::expected<Secret, std::string> ask(const char* question) {
  std::cerr << question << std::flush;
  return read_line();
}

}  // namespace

std::expected<Secret, std::string> read_new_password() {
  if (!isatty(STDIN_FILENO)) return read_line();
  const NoEcho no_echo;
  auto password = ask("Password: ");
  if (!password) return password;
  const auto again = ask("The same again: ");
  if (!again) return again;
  if (!(*password == *again)) return std::unexpected("the two passwords differ");
  return password;
}

}  // namespace ostiary::cli
