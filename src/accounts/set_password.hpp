#pragma once

#include <cstdint>

#include "accounts/deps.hpp"
#include "accounts/statements.hpp"

namespace ostiary::accounts {

/// Gives an account another password, or its first, and ends all its sessions in the same transaction, on every
/// instance; gives how many. Refuses with not_found where there is no such account, and a password as registration
/// does.
Result<std::int64_t> set_password(const Deps& deps, const Call& call, UserId user, const Secret& password);

/// Refuses a new password of an account as registration does, for the field new_password.
Result<void> check_new_password(const Deps& deps, const statements::AccountRow& account, std::string_view password);

/// Another password, as it was hashed, and how its change is audited.
struct NewPassword {
  UserId user;
  const std::string& hash;
  std::string_view action;
  std::optional<audit::Actor> actor = std::nullopt;  ///< by default the caller
  std::optional<SessionId> spared = std::nullopt;    ///< a session that does not end
  bool keep_sessions = false;                        ///< no session ends
};

/// Writes another password in `tx` with all that follows, whoever changed it: the sessions and the open resets of the
/// account end; event, audit row and a mail to the owner. Second factors stay. Gives how many sessions ended.
std::int64_t replace_password(Transaction& tx, const Deps& deps, const Call& call, const NewPassword& password,
                              Time now);

}  // namespace ostiary::accounts
