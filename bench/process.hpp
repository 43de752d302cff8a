#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ostiary::bench {

/// A folder that is gone when its owner is. User postgres may enter it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// What to run, and where its output goes. Nothing of our own environment is passed on but PATH and HOME.
struct Command {
  std::vector<std::string> words;  ///< the program's path, then its arguments
  std::map<std::string, std::string> environment = {};
  std::filesystem::path folder;  ///< working folder; `log` in it takes both outputs
  bool as_postgres = false;      ///< as user postgres where we are root
};

/// A child process. It is asked to end (SIGTERM) and waited for when its owner goes, and is killed when we die.
class Process {
 public:
  explicit Process(const Command& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  /// Waits for its end; its exit status, or -1.
  int wait();
  void stop(int signal);

  bool is_running();
  /// User and system time of all its threads, in seconds, exact to the scheduler's clock.
  double cpu_seconds() const;
  /// A line of /proc/PID/status in MiB: VmRSS, VmHWM.
  double memory_mib(const std::string& line) const;
  /// Begins VmHWM anew.
  void reset_peak_memory() const;

 private:
  pid_t pid_;
  bool ended_ = false;
};

/// A port of 127.0.0.1 that nobody listens on now.
std::uint16_t free_port();

/// Waits until something accepts connections there. Throws when the process ends before, or after 30 seconds.
void await_port(Process& process, std::uint16_t port, const std::filesystem::path& log);

std::string read_file(const std::filesystem::path& path);

}  // namespace ostiary::bench
