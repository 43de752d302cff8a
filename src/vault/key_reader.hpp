#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/periodically.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::vault {

/// Reads a running server's keys periodically while this object lives, to publish keys that another instance created
/// and to drop retired ones. `keys` must outlive it.
class KeyReader {
 public:
  /// `on_failure` gets the reason if the keys could not be read, on the reader's thread. The known keys are kept.
  KeyReader(ServerKeys& keys, std::function<void(const std::string& error)> on_failure,
            std::chrono::milliseconds pause = pause_between_readings);

 private:
  const Periodically reading_;
};

}  // namespace ostiary::vault
