#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "vault/server_keys.hpp"

namespace ostiary::vault {

/// Reads a running server's keys again, time after time, from its beginning to its end: so that it publishes what
/// another instance made, and drops what was retired. `keys` must outlive it.
class KeyReader {
 public:
  /// `on_failure` is told why the keys could not be read, from the reader's thread; what was known before stays.
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
