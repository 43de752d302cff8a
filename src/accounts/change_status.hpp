#pragma once

#include <cstdint>

#include "accounts/deps.hpp"

namespace ostiary::accounts {

/// What became of an account whose status was to change.
struct StatusChange {
  bool changed = false;             ///< else it had the status already
  std::int64_t ended_sessions = 0;
};

/// Disables an account and ends all its sessions, at once and on every instance, in one transaction: nobody signs in,
/// refreshes or passes a check with it any more (ASVS 7.4.2). Of one that is disabled already it ends what sessions are
/// left. Refuses with not_found where there is no such account.
Result<StatusChange> disable_account(const Deps& deps, const Call& call, UserId user);

/// Lets somebody sign in again. Sessions that ended stay ended. Refuses with not_found where there is no such account.
Result<StatusChange> enable_account(const Deps& deps, const Call& call, UserId user);

}  // namespace ostiary::accounts
