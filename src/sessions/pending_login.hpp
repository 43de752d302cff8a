#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

/// A login whose first factor was right.
struct FirstStep {
  const statements::UserRow& user;
  std::optional<Time> password_changed_at;  ///< of the password that was given
  Digest identifier_hash;                   ///< as in login_attempts
  std::vector<std::string> amr;
};

/// Whether a login needs a second step, and in that case writes down that it waits for it: the reply has mfa_required,
/// an mfa_token, the methods, and the token of the device to which the second step is bound. Empty if the login is
/// complete.
std::optional<v1::LoginReply> begin_second_step(Transaction& tx, const Deps& deps, const Call& call,
                                                const FirstStep& first, Time now);

/// The hash under which storage keeps a bearer secret of 256 bits, such as an mfa_token.
Digest hash_of_token(std::string_view token);

/// The second factors that the account can present now, by the names in LoginReply.methods. Backup codes count only
/// beside another factor.
std::vector<std::string> methods_of(const statements::FactorsRow& factors);

/// From now on no device skips the second step of this account's logins. Every reset or change of the password calls
/// it.
void forget_remembered_devices(Transaction& tx, UserId user);

}  // namespace ostiary::sessions
