#pragma once

#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"

namespace ostiary::sessions {

/// Signs in by email or username and password. Always computes exactly one password hash: of the user, of the newest
/// pending registration, or of nobody. Every attempt writes a row in login_attempts, and an audit row if it is about an
/// account.
Result<v1::LoginReply> login(Deps& deps, const Call& call, const v1::LoginRequest& request);

/// The identity to which mails to an address are charged, with or without an account.
limits::Identity mailbox_of(const Deps& deps, const std::string& email_canonical);

/// The identity to which a call that names an identifier is charged. `account` is "user:...", or a keyed hash of the
/// identifier if there is no account; `mailbox` is that of `mailbox_of`.
limits::Identity identify(const Deps& deps, std::string_view identifier, const std::optional<Device>& device);

}  // namespace ostiary::sessions
