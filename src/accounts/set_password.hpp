#pragma once

#include <cstdint>

#include "accounts/deps.hpp"

namespace ostiary::accounts {

/// Gives an account another password, or its first, and ends all its sessions in the same transaction, on every
/// instance; gives how many. Refuses with not_found where there is no such account, and a password as registration
/// does.
Result<std::int64_t> set_password(const Deps& deps, const Call& call, UserId user, const Secret& password);

}  // namespace ostiary::accounts
