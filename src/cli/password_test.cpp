#include "cli/password.hpp"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <csignal>
#include <thread>

namespace ostiary::cli {
namespace {

using namespace std::chrono_literals;

/// A process that asks for a password on a terminal of its own, which this one holds the other end of.
class Asked {
 public:
  Asked() {
    openpty(&ours_, &theirs_, nullptr, nullptr, nullptr);
    process_ = fork();
    if (process_ != 0) return;
    alarm(30);
    // Who started the tests may have had some of them ignored, and the prompt keeps to that.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) std::signal(signal, SIG_DFL);
    login_tty(theirs_);
    const auto password = read_new_password();
    _exit(password ? 0 : 1);
  }
  ~Asked() {
    close(ours_);
    close(theirs_);
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  bool echoes() const {
    termios now{};
    tcgetattr(theirs_, &now);
    return (now.c_lflag & ECHO) != 0;
  }
  void waits_for_silence() const {
    for (int i = 0; i < 500 && echoes(); ++i) std::this_thread::sleep_for(10ms);
  }
  void types(std::string_view text) const {
    EXPECT_EQ(write(ours_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void gets(int signal) const { kill(process_, signal); }
  int end() const {
    int status = 0;
    waitpid(process_, &status, 0);
    return status;
  }

 private:
  int ours_ = -1;
  int theirs_ = -1;
  pid_t process_ = -1;
};

TEST(PasswordPrompt, GivesTheTerminalItsEchoBack) {
  const Asked asked;
  asked.waits_for_silence();
  EXPECT_FALSE(asked.echoes());
  asked.types("correct horse\ncorrect horse\n");
  EXPECT_EQ(asked.end(), 0);
  EXPECT_TRUE(asked.echoes());
}

class PasswordPromptEnded : public ::testing::TestWithParam<int> {};

TEST_P(PasswordPromptEnded, BySignalsGivesTheTerminalItsEchoBack) {
  const Asked asked;
  asked.waits_for_silence();
  asked.gets(GetParam());
  const int status = asked.end();
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), GetParam()) << "whoever started it sees why it ended";
  EXPECT_TRUE(asked.echoes());
}

INSTANTIATE_TEST_SUITE_P(All, PasswordPromptEnded, ::testing::Values(SIGINT, SIGTERM, SIGHUP, SIGQUIT));

}  // namespace
}  // namespace ostiary::cli
