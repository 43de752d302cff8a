#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/periodically.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::vault {

/// Reads a running server's keys again, time after time, from its beginning to its end: so that it publishes what
/// another instance made, and drops what was retired. `keys` must outlive it.
class KeyReader {
 public:
  /// `on_failure` is told why the keys could not be read, from the reader's thread; what was known before stays.
  KeyReader(ServerKeys& keys, std::function<void(const std::string& error)> on_failure,
            std::chrono::milliseconds pause = pause_between_readings);

 private:
  const Periodically reading_;
};

}  // namespace ostiary::vault
