#pragma once

#include <cstdint>

#include "accounts/deps.hpp"

namespace ostiary::accounts {

/// The result of changing an account's status.
struct StatusChange {
  bool changed = false;             ///< false if it already had the status
  std::int64_t ended_sessions = 0;
};

/// Disables an account and ends all its sessions, at once, on every instance and in one transaction. Sign-in, refresh
/// and session checks fail from then on (ASVS 7.4.2). If the account is already disabled, it ends remaining sessions.
/// Refuses with not_found if there is no such account.
Result<StatusChange> disable_account(const Deps& deps, const Call& call, UserId user);

/// Enables a disabled account. Ended sessions stay ended. Refuses with not_found if there is no such account.
Result<StatusChange> enable_account(const Deps& deps, const Call& call, UserId user);

}  // namespace ostiary::accounts
