#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "vault/server_keys.hpp"

namespace ostiary::vault {

/// Reads a running server's keys periodically while this object lives, to publish keys that another instance created
/// and to drop retired ones. `keys` must outlive it.
class KeyReader {
 public:
  /// `on_failure` gets the reason if the keys could not be read, on the reader's thread. The known keys are kept.
  KeyReader(ServerKeys& keys, std::function<void(const std::string& error)> on_failure,
            std::chrono::milliseconds pause = pause_between_readings);
  ~KeyReader();
  KeyReader(const KeyReader&) = delete;
  KeyReader& operator=(const KeyReader&) = delete;

 private:
  void run();

  ServerKeys& keys_;
  const std::function<void(const std::string& error)> on_failure_;
  const std::chrono::milliseconds pause_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ostiary::vault
