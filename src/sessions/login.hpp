#pragma once

#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"

namespace ostiary::sessions {

/// Signs in by email or username and password. One password hash is computed, whoever is asked for: the user's, the
/// newest pending registration's, or nobody's. Every attempt leaves a row in
/// login_attempts, and one about an account in the audit log.
Result<v1::LoginReply> login(Deps& deps, const Call& call, const v1::LoginRequest& request);

/// The account that an identifier stands for, as a key for rate limits ("user:..." or a hash of the identifier where
/// there is no account), and whether the device that calls is known to it.
struct Identity {
  std::string account;
  bool known_device;
};
Identity identify(const Deps& deps, std::string_view identifier, const std::optional<Device>& device);

}  // namespace ostiary::sessions
