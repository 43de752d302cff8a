#pragma once

#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"

namespace ostiary::sessions {

/// Signs in by email or username and password. The password is verified against the account's hash, and unless that one
/// is right also against that of the newest live registration of the identifier, decoy or not. Where there is none of
/// either, a decoy hash is verified, so that every refusal costs two hashes. The right password of a registration is
/// email_not_verified, whether or not there is an account as well. Every attempt leaves a row in login_attempts, and a
/// wrong password for an account, or a right one for a disabled account, one in the audit log.
Result<v1::LoginReply> login(Deps& deps, const Call& call, const v1::LoginRequest& request);

/// The identity to which mails to an address are charged, with or without an account.
limits::Identity mailbox_of(const Deps& deps, const std::string& email_canonical);

/// The identity to which wrong passwords of a signed-in user are charged: the account's, as at a sign-in.
limits::Identity identity_of(const Deps& deps, UserId user, const std::optional<Device>& device);

/// The identity to which a call that names an identifier is charged. `account` is "user:...", or a keyed hash of the
/// identifier if there is no account; `mailbox` is that of `mailbox_of`.
limits::Identity identify(const Deps& deps, std::string_view identifier, const std::optional<Device>& device);

}  // namespace ostiary::sessions
