#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::sessions {

/// Signs and reads device tokens: 128 random bits, whether a login was completed on the device, and an HMAC under a
/// server key. A device token proves no one's identity; it keeps strangers from locking an owner out, and tells a lost
/// reply from theft. `keys` and `random` must outlive it. Thread-safe.
class Devices {
 public:
  Devices(const vault::ServerKeys& keys, Random& random) : keys_(keys), random_(random) {}

  /// A device never seen before.
  Device make(bool has_logged_in) const;

  std::string sign(const Device& device) const;

  /// The device that `token` proves; nothing for a forged or malformed token. May ask the database for the key.
  std::optional<Device> read(std::string_view token) const;

  /// The same from memory alone: nothing also for a key that another instance has made lately.
  std::optional<Device> read_by_known_key(std::string_view token) const;

 private:
  const vault::ServerKeys& keys_;
  Random& random_;
};

}  // namespace ostiary::sessions
