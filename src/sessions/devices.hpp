#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::sessions {

/// Signs and reads device tokens: 128 random bits, whether a login was completed on the device, and an HMAC under a
/// server key. A device token does not authenticate a user. It protects an owner from lock-out by strangers, and helps
/// to distinguish a lost reply from theft. `keys` and `random` must outlive it. Thread-safe.
class Devices {
 public:
  Devices(const vault::ServerKeys& keys, Random& random) : keys_(keys), random_(random) {}

  /// A new device.
  Device make(bool has_logged_in) const;

  std::string sign(const Device& device) const;

  /// The device of `token`. Empty for a forged or malformed token. May query the database for the key.
  std::optional<Device> read(std::string_view token) const;

  /// The same without the database: may be empty for a key that another instance created recently.
  std::optional<Device> read_by_known_key(std::string_view token) const;

 private:
  const vault::ServerKeys& keys_;
  Random& random_;
};

}  // namespace ostiary::sessions
