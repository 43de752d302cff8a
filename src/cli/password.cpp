#include "cli/password.hpp"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>

#include "base/text.hpp"

namespace ostiary::cli {
namespace {

constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/// What the handler puts back. Set before it is installed.
termios terminal_before{};

/// The signal has its usual effect again (SA_RESETHAND), and comes once more when this returns.
void put_back_and_end(int signal) {
  tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
  raise(signal);
}

/// Keeps the terminal from showing what is typed, and puts it back also when a signal ends the program meanwhile.
class NoEcho {
 public:
  NoEcho() {
    tcgetattr(STDIN_FILENO, &terminal_before);
    struct sigaction action{};
    action.sa_handler = put_back_and_end;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (std::size_t i = 0; i < ending_signals.size(); ++i) {
      sigaction(ending_signals[i], nullptr, &actions_before_[i]);
      // nohup's choice stays.
      if (actions_before_[i].sa_handler != SIG_IGN) sigaction(ending_signals[i], &action, nullptr);
    }
    termios silent = terminal_before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
    for (std::size_t i = 0; i < ending_signals.size(); ++i) sigaction(ending_signals[i], &actions_before_[i], nullptr);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  std::array<struct sigaction, ending_signals.size()> actions_before_{};
};

std::expected<Secret, std::string> read_line() {
  std::string line;
  if (!std::getline(std::cin, line)) return std::unexpected("no password was given");
  if (line.ends_with('\r')) line.pop_back();
  // Over HTTP nobody can give such a password.
  if (!inspect(line).valid) {
    wipe(line);
    return std::unexpected("the password is not valid UTF-8");
  }
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
  const auto again = ask("Repeat the password: ");
  if (!again) return again;
  if (!(*password == *again)) return std::unexpected("the passwords do not match");
  return password;
}

bool is_confirmed(std::string_view action, std::string_view name) {
  if (!isatty(STDIN_FILENO)) return false;
  std::cerr << "Type " << name << " to " << action << ": " << std::flush;
  std::string line;
  return std::getline(std::cin, line) && trim_blanks(line) == name;
}

}  // namespace ostiary::cli
