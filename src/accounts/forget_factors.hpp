#pragma once

#include "accounts/deps.hpp"
#include "accounts/statements.hpp"
#include "storage/database.hpp"

namespace ostiary::accounts {

/// Deletes the second factors that a person added at `since` or later: passkeys, TOTP, backup codes and the phone
/// number, also one that is not proven yet. Backup codes go with the last other factor.
void forget_factors(Transaction& tx, UserId user, Time since);

/// Removes all second factors of an account and forgets its remembered devices, for an owner who lost them or whom a
/// thief has locked out. Sessions end. Refuses with not_found if there is no such account. Returns how many sessions
/// ended.
Result<std::int64_t> remove_factors(const Deps& deps, const Call& call, UserId user);

}  // namespace ostiary::accounts
