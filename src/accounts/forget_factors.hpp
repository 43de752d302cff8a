#pragma once

#include "accounts/statements.hpp"
#include "storage/database.hpp"

namespace ostiary::accounts {

/// Deletes the second factors that a person added at `since` or later: passkeys, TOTP, backup codes and the phone
/// number, also one that is not proven yet.
void forget_factors(Transaction& tx, UserId user, Time since);

}  // namespace ostiary::accounts
