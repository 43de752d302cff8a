#pragma once

#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"

namespace ostiary::sessions {

/// Signs in by email or username and password. One password hash is computed, whoever is asked for: the user's, the
/// newest pending registration's, or nobody's. Every attempt leaves a row in
/// login_attempts, and one about an account in the audit log.
Result<v1::LoginReply> login(Deps& deps, const Call& call, const v1::LoginRequest& request);

/// Whom the limits count mails to an address for, whether or not it is an account's.
limits::Identity mailbox_of(const Deps& deps, const std::string& email_canonical);

/// Whom the limits count a call for that names an identifier. `account` is "user:..." or a keyed hash of the identifier
/// where there is no account; `mailbox` is that of `mailbox_of`.
limits::Identity identify(const Deps& deps, std::string_view identifier, const std::optional<Device>& device);

}  // namespace ostiary::sessions
