#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "temporary_folder.hpp"

namespace ostiary::testing {

/// Stands between a client and a PostgreSQL server and breaks the connection where a test asks for it.
class BreakingProxy {
 public:
  /// `conninfo` as EngineDatabase gives it.
  explicit BreakingProxy(const std::string& conninfo);
  ~BreakingProxy();
  BreakingProxy(const BreakingProxy&) = delete;
  BreakingProxy& operator=(const BreakingProxy&) = delete;

  /// The connection string that leads through here.
  const std::string& conninfo() const { return conninfo_; }

  enum class Break {
    never,
    before_commit,  ///< at the next COMMIT, which the server never sees
    after_commit,   ///< after the next COMMIT, whose answer the client never sees
    all_after_commit,  ///< the same, and all other connections with it
  };
  void breaks(Break how) { break_ = how; }

  /// While frozen nothing passes, and both sides see a healthy connection. Returns when that holds.
  void freeze(bool frozen);

  /// How many connections were broken so far.
  int broken() const { return broken_; }

 private:
  void accept_connections(const std::stop_token& stop);
  void forward(const std::stop_token& stop, int client);
  struct Link;
  bool pass(Link& link, int from, int to);

  TemporaryFolder folder_;
  std::string server_path_;
  std::string conninfo_;
  int listener_;
  std::atomic<Break> break_{Break::never};
  std::atomic<bool> frozen_{false};
  std::atomic<int> times_all_broke_{0};
  std::atomic<int> broken_{0};
  std::mutex mutex_;
  std::vector<std::jthread> connections_;
  std::jthread acceptor_;
};

}  // namespace ostiary::testing
